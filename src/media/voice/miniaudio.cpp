// Where miniaudio itself is compiled; its warnings are its own (CMakeLists.txt).
#define MINIAUDIO_IMPLEMENTATION
#include "media/voice/miniaudio_api.h"
