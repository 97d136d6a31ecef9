// What this phone keeps: one key for each owner, which no script can take out; what they tapped and what they need to
// go on, encrypted with it; and a few facts that say nothing of anybody's health.

const NAME = "diary";
const STORES = { keys: "owner", states: "owner", facts: "name" };

let opening;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [store, keyPath] of Object.entries(STORES)) request.result.createObjectStore(store, { keyPath });
      const options = { keyPath: "number", autoIncrement: true };
      request.result.createObjectStore("operations", options).createIndex("owner", "owner");
    };
    request.onsuccess = () => {
      // Another page may want to empty it: never stand in its way.
      request.result.onversionchange = () => close();
      request.result.onclose = () => { opening = undefined; };
      resolve(request.result);
    };
    request.onerror = () => { opening = undefined; reject(request.error); };
  });
  return opening;
}

async function close() {
  const open = await opening?.catch(() => undefined);
  opening = undefined;
  open?.close();
}

// One transaction; the promise is kept once it is on the disk.
async function within(stores, mode, work) {
  const transaction = (await database()).transaction(stores, mode, { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  const result = work(...stores.map((store) => transaction.objectStore(store)));
  await done;
  return result?.result;
}

export const fact = async (name) => (await within(["facts"], "readonly", (facts) => facts.get(name)))?.value;
export const setFact = (name, value) => within(["facts"], "readwrite", (facts) => { facts.put({ name, value }); });

// --- What is encrypted -------------------------------------------------------------------------------------------

async function keyOf(owner) {
  const found = await within(["keys"], "readonly", (keys) => keys.get(owner));
  if (found) return found.key;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  // Two pages may come here at once: the first key stays.
  try {
    await within(["keys"], "readwrite", (keys) => { keys.add({ owner, key }); });
    return key;
  } catch {
    return (await within(["keys"], "readonly", (keys) => keys.get(owner))).key;
  }
}

const bytes = (text) => new TextEncoder().encode(text);
let isOver = false; // once somebody has left, this page keeps nothing more of anybody
const algorithm = (owner, iv) => ({ name: "AES-GCM", iv, additionalData: bytes(owner) });

async function sealed(owner, key, value) {
  if (isOver) throw new Error("signed out");
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt(algorithm(owner, iv), key, bytes(JSON.stringify(value))) };
}

// Undefined for what this key does not open: browsers can lose a key, and that must not stand in the way of the rest.
async function opened(owner, key, { iv, data }) {
  const plain = await crypto.subtle.decrypt(algorithm(owner, iv), key, data).catch(() => undefined);
  return plain && JSON.parse(new TextDecoder().decode(plain));
}

async function setState(owner, value) {
  const state = await sealed(owner, await keyOf(owner), value);
  await within(["states"], "readwrite", (states) => { states.put({ owner, state }); });
}

export async function stateOf(owner) {
  const found = await within(["states"], "readonly", (states) => states.get(owner));
  return found && opened(owner, await keyOf(owner), found.state);
}

// What the server said later counts, whichever page heard it; two pages never write over each other.
export function renewState(owner, renewed) {
  const work = async () => {
    const state = renewed(await stateOf(owner));
    if (state) await setState(owner, state);
    return state;
  };
  return navigator.locks ? navigator.locks.request("state", work) : work();
}

// Whoever comes next on this phone finds nothing to read; what was not sent waits for its owner.
export function forgetStatesBut(owner) {
  return within(["states"], "readwrite", (states) => {
    const request = states.openCursor();
    request.onsuccess = () => {
      if (!request.result) return;
      if (request.result.key !== owner) request.result.delete();
      request.result.continue();
    };
  });
}

// --- Operations --------------------------------------------------------------------------------------------------

export async function addOperations(owner, operations) {
  const key = await keyOf(owner);
  const rows = await Promise.all(operations.map(async (one) => ({ owner, isRefused: false, sealed: await sealed(owner, key, one) })));
  await within(["operations"], "readwrite", (store) => { for (const row of rows) store.add(row); });
}

async function rowsOf(owner, rows) {
  const key = rows.length && (await keyOf(owner));
  return Promise.all(rows.map(async (row) => ({
    number: row.number, isRefused: row.isRefused, ...(await opened(owner, key, row.sealed)),
  })));
}

const allOf = (owner) => within(["operations"], "readonly", (store) => store.index("owner").getAll(owner));

// In the order in which they were tapped, each with its number here: those that wait, or those that were refused.
export async function operationsOf(owner, isRefused, most = Infinity) {
  const rows = (await allOf(owner)).filter((row) => row.isRefused === isRefused).slice(0, most);
  return (await rowsOf(owner, rows)).filter((one) => one.name);
}

// How many wait to be sent, without a look at what they say.
export async function countWaiting(owner) {
  return (await allOf(owner)).filter((row) => !row.isRefused).length;
}

// How many there were that nobody can read any more.
export async function forgetUnreadable(owner) {
  const found = (await rowsOf(owner, await allOf(owner))).filter((one) => !one.name);
  await removeOperations(found.map((one) => one.number));
  return found.length;
}

export function countOthers(owner) {
  return within(["operations"], "readonly", (store) => {
    const found = { result: 0 };
    store.openCursor().onsuccess = (event) => {
      const cursor = event.target.result;
      if (!cursor) return;
      if (cursor.value.owner !== owner) found.result += 1;
      cursor.continue();
    };
    return found;
  });
}

export const removeOperations = (numbers) =>
  within(["operations"], "readwrite", (store) => { for (const number of numbers) store.delete(number); });

export async function refuseOperation(owner, operation, why) {
  const { number, isRefused, ...said } = operation;
  const row = { number, owner, isRefused: true, sealed: await sealed(owner, await keyOf(owner), { ...said, why }) };
  await within(["operations"], "readwrite", (store) => { store.put(row); });
}

// --- Leaving -----------------------------------------------------------------------------------------------------

// Everything of this owner. What somebody else has not sent yet is theirs.
export async function purge(owner) {
  isOver = true;
  await within(["keys", "states", "operations"], "readwrite", (keys, states, operations) => {
    states.clear();
    const theirs = operations.index("owner").openCursor(owner);
    theirs.onsuccess = () => {
      if (!theirs.result) return;
      theirs.result.delete();
      theirs.result.continue();
    };
    keys.delete(owner);
  });
}

// The whole of it. Another page that has it open closes it as soon as it hears of this.
export async function empty() {
  await close();
  await new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(NAME);
    request.onsuccess = request.onerror = request.onblocked = () => resolve();
  });
}
