// The words that safety words are made of (docs/spec/media.md §3): 256 English ones that sound different, in
// alphabetical order. A byte is a place in the list, which never changes.
#pragma once

#include <array>
#include <string_view>

namespace pqc::media {

inline constexpr std::array<std::string_view, 256> safety_word_list{
    "acorn",    "album",    "amber",    "anchor",  "angel",    "apple",    "apron",     "arrow",    "atlas",
    "autumn",   "baby",     "bacon",    "badge",   "baker",    "balcony",  "ballet",    "bamboo",   "banana",
    "banjo",    "barrel",   "basket",   "beacon",  "beaver",   "bicycle",  "biscuit",   "blanket",  "blossom",
    "bottle",   "branch",   "bread",    "bridge",  "bronze",   "bucket",   "buffalo",   "butter",   "button",
    "cabin",    "cactus",   "camel",    "camera",  "candle",   "canoe",    "canvas",    "captain",  "carbon",
    "carpet",   "castle",   "cedar",    "cellar",  "cherry",   "chess",    "chimney",   "cinema",   "circle",
    "citrus",   "clover",   "cobra",    "coconut", "coffee",   "comet",    "copper",    "coral",    "cotton",
    "coyote",   "cradle",   "crystal",  "curtain", "daisy",    "dancer",   "desert",    "diamond",  "dinner",
    "doctor",   "dolphin",  "donkey",   "dragon",  "drummer",  "eagle",    "echo",      "elbow",    "elephant",
    "eleven",   "ember",    "engine",   "evening", "fabric",   "falcon",   "farmer",    "feather",  "fiddle",
    "finger",   "flamingo", "forest",   "fossil",  "fountain", "fox",      "galaxy",    "garden",   "garlic",
    "giant",    "ginger",   "giraffe",  "glacier", "glove",    "goblet",   "golden",    "gravel",   "guitar",
    "hammer",   "harbor",   "harvest",  "helmet",  "honey",    "horizon",  "hunter",    "iceberg",  "igloo",
    "indigo",   "insect",   "island",   "ivory",   "jacket",   "jaguar",   "jasmine",   "jelly",    "jewel",
    "jungle",   "kangaroo", "kettle",   "keyhole", "kitchen",  "kitten",   "ladder",    "lantern",  "lemon",
    "leopard",  "library",  "lizard",   "lobster", "locket",   "lumber",   "magnet",    "mammoth",  "mango",
    "marble",   "meadow",   "melon",    "meteor",  "mirror",   "mitten",   "monkey",    "morning",  "mountain",
    "muffin",   "museum",   "mustard",  "napkin",  "needle",   "nickel",   "noodle",    "november", "nutmeg",
    "oasis",    "ocean",    "octopus",  "olive",   "onion",    "opera",    "orange",    "orchid",   "ostrich",
    "otter",    "oyster",   "paddle",   "palace",  "panda",    "paper",    "parrot",    "pastry",   "peanut",
    "pebble",   "pelican",  "pencil",   "pepper",  "piano",    "picnic",   "pigeon",    "pillow",   "pilot",
    "planet",   "plum",     "pocket",   "pony",    "popcorn",  "potato",   "prairie",   "puddle",   "pumpkin",
    "puzzle",   "pyramid",  "quartz",   "queen",   "rabbit",   "radio",    "raven",     "ribbon",   "river",
    "robin",    "rocket",   "rooster",  "salmon",  "sandal",   "sapphire", "saxophone", "scarf",    "school",
    "seashell", "shadow",   "shepherd", "silver",  "singer",   "sister",   "spider",    "spinach",  "squirrel",
    "stadium",  "sunset",   "swallow",  "sweater", "teacher",  "temple",   "thunder",   "ticket",   "tiger",
    "tomato",   "tractor",  "trumpet",  "tulip",   "turtle",   "umbrella", "uncle",     "valley",   "vanilla",
    "velvet",   "violin",   "volcano",  "walnut",  "water",    "whale",    "willow",    "window",   "winter",
    "wizard",   "yellow",   "zebra",    "zigzag"};

}  // namespace pqc::media
