// Our member (mls_peer) and that of ts-mls in one group, in both directions: create, welcome, add, update, remove,
// proposals by reference, external join, application messages; classical and post-quantum suites.
//
// ts-mls 1.6.4 leaves RFC 9420 in two places, which are put right here: the extension external_pub lacks its length
// (§12.4.3.2), and public keys of P-256 are compressed (§5.1.1).
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { p256 } from "@noble/curves/nist.js";
import * as mls from "ts-mls";
import { createGroupInfo } from "ts-mls/createCommit.js";
import { encode as encodeWith } from "ts-mls/codec/tlsEncoder.js";
import { varLenDataEncoder } from "ts-mls/codec/variableLength.js";
import { ratchetTreeEncoder } from "ts-mls/ratchetTree.js";

const suites = [
  "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
  "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
  "MLS_256_XWING_AES256GCM_SHA512_Ed25519",
  "MLS_256_XWING_AES256GCM_SHA512_MLDSA87",
];

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const bytes = (text) => new Uint8Array(Buffer.from(text, "hex"));
const text = (string) => new TextEncoder().encode(string);

// A process of our member.
class Ours {
  constructor(program, suite) {
    this.child = spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.ready = this.ask("suite", mls.ciphersuites[suite]);
  }
  async ask(...words) {
    this.child.stdin.write(words.join(" ") + "\n");
    const { value = "error gone" } = await this.lines.next();
    if (!value.startsWith("ok")) throw new Error(`ours, ${words[0]}: ${value}`);
    return value.slice(3).split(" ");
  }
  async one(...words) {
    return (await this.ask(...words))[0];
  }
  keyPackage = (name) => this.one("key_package", name);
  create = (name) => this.ask("create", name);
  join = (welcome) => this.ask("join", welcome);
  joinExternal = (info, name) => this.one("join_external", info, name);
  add = (keyPackage) => this.ask("add", keyPackage);
  remove = (leaf) => this.one("remove", leaf);
  update = () => this.one("update");
  commit = () => this.one("commit");
  proposeUpdate = () => this.one("propose_update");
  proposeRemove = (leaf) => this.one("propose_remove", leaf);
  info = () => this.one("info");
  seal = (data) => this.one("seal", hex(data));
  authenticator = () => this.one("authenticator");
  leaf = async () => Number(await this.one("leaf"));
  open = () => this.ask("open");
  sealed = () => this.ask("sealed");
  async process(message) {
    const answer = await this.one("process", message);
    return answer === "-" ? undefined : bytes(answer);
  }
  close() {
    this.child.stdin.end();
  }
}

const encode = (message) => hex(mls.encodeMlsMessage({ version: "mls10", ...message }));
function decode(message) {
  const decoded = mls.decodeMlsMessage(bytes(message), 0);
  if (decoded === undefined) throw new Error("theirs: does not decode");
  return decoded[0];
}

// A member of ts-mls with the same face.
class Theirs {
  public = false;
  constructor(suite) {
    this.suite = suite;
    this.ready = (async () => {
      const chosen = mls.getCiphersuiteFromName(suite);
      this.cs = suite.includes("Ed25519") && !suite.includes("XWING")
        ? await mls.getCiphersuiteImpl(chosen)
        : await mls.nobleCryptoProvider.getCiphersuiteImpl(chosen);
    })();
  }
  async bundle(name) {
    const capabilities = { versions: ["mls10"], ciphersuites: [this.suite], extensions: [], proposals: [], credentials: ["basic"] };
    const now = BigInt(Math.floor(Date.now() / 1000));
    const lifetime = { notBefore: now - 3600n, notAfter: now + 86400n };
    const pair = await this.cs.signature.keygen();
    if (this.suite.endsWith("_P256")) pair.publicKey = p256.getPublicKey(pair.signKey, false);
    const credential = { credentialType: "basic", identity: text(name) };
    this.own = await mls.generateKeyPackageWithKey(credential, capabilities, lifetime, [], pair, this.cs);
    return this.own;
  }
  async keyPackage(name) {
    const { publicPackage } = await this.bundle(name);
    return encode({ wireformat: "mls_key_package", keyPackage: publicPackage });
  }
  async create(name) {
    const { publicPackage, privatePackage } = await this.bundle(name);
    this.state = await mls.createGroup(text("group of theirs"), publicPackage, privatePackage, [], this.cs);
  }
  async join(welcome) {
    const { publicPackage, privatePackage } = this.own;
    this.state = await mls.joinGroup(decode(welcome).welcome, publicPackage, privatePackage, mls.emptyPskIndex, this.cs);
  }
  async joinExternal(info, name) {
    const { publicPackage, privatePackage } = await this.bundle(name);
    const { groupInfo } = decode(info);
    // What is looked up lacks the length; what the signature covers has it.
    const { extensions } = groupInfo;
    const rightFind = extensions.find.bind(extensions);
    extensions.find = (wanted) => {
      const found = rightFind(wanted);
      if (found?.extensionType !== "external_pub") return found;
      const { extensionData } = found;
      return { ...found, extensionData: extensionData.subarray(extensionData[0] < 0x40 ? 1 : 2) };
    };
    const joined = await mls.joinGroupExternal(groupInfo, publicPackage, privatePackage, false, this.cs);
    this.state = joined.newState;
    return encode({ wireformat: "mls_public_message", publicMessage: joined.publicMessage });
  }
  async committed(extraProposals) {
    const result = await mls.createCommit(
      { state: this.state, cipherSuite: this.cs },
      { wireAsPublicMessage: this.public, extraProposals, ratchetTreeExtension: true },
    );
    this.state = result.newState;
    return [hex(mls.encodeMlsMessage(result.commit)), result.welcome && encode({ wireformat: "mls_welcome", welcome: result.welcome })];
  }
  add = (keyPackage) => this.committed([{ proposalType: "add", add: { keyPackage: decode(keyPackage).keyPackage } }]);
  remove = async (leaf) => (await this.committed([{ proposalType: "remove", remove: { removed: leaf } }]))[0];
  update = async () => (await this.committed([]))[0];
  commit = this.update;
  async info() {
    const { publicKey } = await this.cs.hpke.deriveKeyPair(this.state.keySchedule.externalSecret);
    const externalPub = encodeWith(varLenDataEncoder)(await this.cs.hpke.exportPublicKey(publicKey));
    const extensions = [
      { extensionType: "external_pub", extensionData: externalPub },
      { extensionType: "ratchet_tree", extensionData: encodeWith(ratchetTreeEncoder)(this.state.ratchetTree) },
    ];
    const { groupContext, confirmationTag } = this.state;
    const groupInfo = await createGroupInfo(groupContext, confirmationTag, this.state, extensions, this.cs);
    return encode({ wireformat: "mls_group_info", groupInfo });
  }
  async seal(data) {
    const { newState, privateMessage } = await mls.createApplicationMessage(this.state, data, this.cs);
    this.state = newState;
    return encode({ wireformat: "mls_private_message", privateMessage });
  }
  authenticator = async () => hex(this.state.keySchedule.epochAuthenticator);
  leaf = async () => this.state.privatePath.leafIndex;
  async proposeRemove(leaf) {
    const { newState, message } = await mls.createProposal(
      this.state, this.public, { proposalType: "remove", remove: { removed: leaf } }, this.cs);
    this.state = newState;
    return hex(mls.encodeMlsMessage(message));
  }
  open = async () => (this.public = true);
  sealed = async () => (this.public = false);
  async process(message) {
    const result = await mls.processMessage(decode(message), this.state, mls.emptyPskIndex, mls.acceptAll, this.cs);
    this.state = result.newState;
    return result.kind === "applicationMessage" ? result.message : undefined;
  }
  close() {}
}

async function same(members, what) {
  const all = await Promise.all(members.map((member) => member.authenticator()));
  if (new Set(all).size !== 1) throw new Error(`${what}: the members are in different epochs`);
}

async function deliver(from, message, members) {
  for (const member of members) if (member !== from) await member.process(message);
}

async function talk(members) {
  for (const from of members) {
    for (const words of ["first", "second"]) {
      const message = await from.seal(text(words));
      for (const to of members) {
        if (to === from) continue;
        const got = await to.process(message);
        if (hex(got ?? []) !== hex(text(words))) throw new Error("another text");
      }
    }
  }
}

async function step(name, members, action) {
  await action();
  await same(members(), name);
  await talk(members());
  process.stdout.write(` ${name}`);
}

// `make` builds a member of either kind; the first creates the group.
async function conversation(first, second, third, fourth) {
  let members = [first];
  const all = () => members;
  const add = async (by, who, name) => {
    const [commit, welcome] = await by.add(await who.keyPackage(name));
    await deliver(by, commit, members);
    await who.join(welcome);
    members.push(who);
  };
  const commitOf = (by) => async () => deliver(by, await by.update(), members);
  await first.create("first");
  await step("create+welcome", all, () => add(first, second, "second"));
  await step("update", all, commitOf(first));
  await step("update-back", all, commitOf(second));
  await step("add", all, () => add(second, third, "third"));
  await step("update-third", all, commitOf(third));
  for (const member of members) await member.open();
  await step("public", all, commitOf(second));
  await step("public-back", all, commitOf(first));
  const proposer = members.find((member) => member instanceof Ours);
  const committer = members.find((member) => member !== proposer);
  await step("update-by-reference", all, async () => {
    await deliver(proposer, await proposer.proposeUpdate(), members);
    await deliver(committer, await committer.commit(), members);
  });
  for (const member of members) await member.sealed();
  await step("external-join", all, async () => {
    const commit = await fourth.joinExternal(await second.info(), "fourth");
    await deliver(fourth, commit, members);
    members.push(fourth);
  });
  await step("update-fourth", all, commitOf(fourth));
  await step("remove", all, async () => {
    const commit = await first.remove(await third.leaf());
    members = members.filter((member) => member !== third);
    await deliver(first, commit, members);
    await third.process(commit).catch(() => {}); // some say so that they are out
    const message = await first.seal(text("without you"));
    await deliver(first, message, members);
    if ((await third.process(message).catch(() => undefined)) !== undefined) throw new Error("who was removed reads on");
  });
  await step("update-end", all, commitOf(second));
  // By reference: one kind proposes, the other commits.
  await step("remove-by-reference", all, async () => {
    const [by, other] = [first, second];
    await deliver(by, await by.proposeRemove(await fourth.leaf()), members);
    const commit = await other.commit();
    members = members.filter((member) => member !== fourth);
    await deliver(other, commit, members);
  });
}

const program = process.argv[2];
let failed = 0;
for (const suite of suites) {
  for (const [direction, kinds] of [["ours creates", "otot"], ["theirs creates", "toto"], ["ours joins theirs from outside", "otto"], ["theirs joins ours from outside", "toot"]]) {
    const members = [...kinds].map((kind) => (kind === "o" ? new Ours(program, suite) : new Theirs(suite)));
    process.stdout.write(`${suite}, ${direction}:`);
    try {
      await Promise.all(members.map((member) => member.ready));
      await conversation(...members);
      process.stdout.write(" passed\n");
    } catch (error) {
      ++failed;
      process.stdout.write(` FAILED: ${error.stack}\n`);
    }
    for (const member of members) member.close();
  }
}
console.log(failed === 0 ? "interop: all passed" : `interop: ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
