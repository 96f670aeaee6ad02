// Signal's own library under Node, with in-memory stores and 200-byte messages: the operations that ratchet_bench and
// the key agreement's benchmark measure, under the same names. Prints one JSON object (bench/bench_report.h).
//
//   npm ci && node bench.mjs
//
// Each figure is the fastest of `rounds` rounds' averages, as in our own programs.
import * as signal from '@signalapp/libsignal-client';
import { readFileSync } from 'node:fs';

const rounds = 7;
const text = new Uint8Array(200).fill(0x78);
const now = Date.now();

class Sessions extends signal.SessionStore {
  records = new Map();
  async saveSession(name, record) { this.records.set(name.toString(), record); }
  async getSession(name) { return this.records.get(name.toString()) ?? null; }
  async getExistingSessions(names) { return names.map((name) => this.records.get(name.toString())); }
}

class Identities extends signal.IdentityKeyStore {
  pair = signal.IdentityKeyPair.generate();
  known = new Map();
  async getIdentityKey() { return this.pair.privateKey; }
  async getIdentityKeyPair() { return this.pair; }
  async getLocalRegistrationId() { return 1; }
  async saveIdentity(name, key) {
    this.known.set(name.toString(), key);
    return signal.IdentityChange.NewOrUnchanged;
  }
  async isTrustedIdentity() { return true; }
  async getIdentity(name) { return this.known.get(name.toString()) ?? null; }
}

class PreKeys extends signal.PreKeyStore {
  records = new Map();
  async savePreKey(id, record) { this.records.set(id, record); }
  async getPreKey(id) { return this.records.get(id); }
  async removePreKey(id) { this.records.delete(id); }
}

class SignedPreKeys extends signal.SignedPreKeyStore {
  records = new Map();
  async saveSignedPreKey(id, record) { this.records.set(id, record); }
  async getSignedPreKey(id) { return this.records.get(id); }
}

class KyberPreKeys extends signal.KyberPreKeyStore {
  records = new Map();
  async saveKyberPreKey(id, record) { this.records.set(id, record); }
  async getKyberPreKey(id) { return this.records.get(id); }
  async markKyberPreKeyUsed() {}
}

class Device {
  sessions = new Sessions();
  identities = new Identities();
  preKeys = new PreKeys();
  signedPreKeys = new SignedPreKeys();
  kyberPreKeys = new KyberPreKeys();
  constructor(name) { this.address = signal.ProtocolAddress.new(name, 1); }

  // One-time, signed and ML-KEM prekey, made and signed, as one bundle.
  async bundle() {
    const identity = this.identities.pair;
    const oneTime = signal.PrivateKey.generate();
    const signed = signal.PrivateKey.generate();
    const kyber = signal.KEMKeyPair.generate();
    const signedSignature = identity.privateKey.sign(signed.getPublicKey().serialize());
    const kyberSignature = identity.privateKey.sign(kyber.getPublicKey().serialize());
    await this.preKeys.savePreKey(1, signal.PreKeyRecord.new(1, oneTime.getPublicKey(), oneTime));
    await this.signedPreKeys.saveSignedPreKey(
      1, signal.SignedPreKeyRecord.new(1, now, signed.getPublicKey(), signed, signedSignature));
    await this.kyberPreKeys.saveKyberPreKey(1, signal.KyberPreKeyRecord.new(1, now, kyber, kyberSignature));
    return signal.PreKeyBundle.new(1, 1, 1, oneTime.getPublicKey(), 1, signed.getPublicKey(), signedSignature,
      identity.publicKey, 1, kyber.getPublicKey(), kyberSignature);
  }

  // The session and its first message.
  async initiate(peer, bundle) {
    await signal.processPreKeyBundle(bundle, peer.address, this.address, this.sessions, this.identities);
    return this.seal(peer);
  }

  async seal(peer) {
    const message = await signal.signalEncrypt(text, peer.address, this.address, this.sessions, this.identities);
    return message.serialize();
  }

  async respond(peer, bytes) {
    return signal.signalDecryptPreKey(signal.PreKeySignalMessage.deserialize(bytes), peer.address, this.address,
      this.sessions, this.identities, this.preKeys, this.signedPreKeys, this.kyberPreKeys);
  }

  async open(peer, bytes) {
    return signal.signalDecrypt(signal.SignalMessage.deserialize(bytes), peer.address, this.address, this.sessions,
      this.identities);
  }
}

const timers = new Map();

async function timed(operation, work) {
  const start = process.hrtime.bigint();
  const result = await work();
  const spent = Number(process.hrtime.bigint() - start) / 1000;
  const timer = timers.get(operation) ?? { best: Infinity, sum: 0, count: 0 };
  timer.sum += spent;
  timer.count += 1;
  timers.set(operation, timer);
  return result;
}

function endRound() {
  for (const timer of timers.values()) {
    if (timer.count > 0) timer.best = Math.min(timer.best, timer.sum / timer.count);
    timer.sum = 0;
    timer.count = 0;
  }
}

function check(opened) {
  if (opened.length !== text.length) throw new Error('a message came out wrong');
}

async function startSession() {
  const alice = new Device('alice');
  const bob = new Device('bob');
  const bundle = await timed('prekey bundle', () => bob.bundle());
  const first = await timed('initiate', () => alice.initiate(bob, bundle));
  check(await timed('respond', () => bob.respond(alice, first)));
  check(await alice.open(bob, await bob.seal(alice)));
  return { alice, bob };
}

async function exchange(alice, bob) {
  const turn = async (from, to) => check(await to.open(from, await from.seal(to)));
  await turn(alice, bob);
  for (let i = 0; i < 400; ++i) await timed('one-way seal+open', () => turn(alice, bob));
  for (let i = 0; i < 200; ++i) {
    await timed('turn-taking seal+open', () => turn(bob, alice));
    await timed('turn-taking seal+open', () => turn(alice, bob));
  }
}

for (let round = 0; round < rounds; ++round) {
  let pair;
  for (let i = 0; i < 40; ++i) pair = await startSession();
  await exchange(pair.alice, pair.bob);
  endRound();
}

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url)));
const [name, version] = Object.entries(manifest.dependencies)[0];
const results = [...timers].map(([operation, { best }]) => ({ operation, time_us: Number(best.toFixed(3)) }));
console.log(JSON.stringify({ program: 'bench.mjs', peer: `${name} ${version}, Node ${process.version}`, results }, null, 1));
