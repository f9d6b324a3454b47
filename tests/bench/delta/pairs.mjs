// The pairs of pairs.tsv: selection, and making sure that their files are there, by digest.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync, existsSync, openSync, readFileSync, readSync, statSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const kLargeBytes = 10e6;

/** [{ name, class, base, sides: { old: { bytes, sha256 }, new: ..., 'old.json': ... } }] */
export function readPairs() {
  const byName = new Map();
  for (const line of readFileSync(join(here, 'pairs.tsv'), 'utf8').trim().split('\n')) {
    if (line.startsWith('#')) continue;
    const [name, klass, side, , paths, , bytes, sha256] = line.split('\t');
    if (!byName.has(name)) byName.set(name, { name, class: klass, sides: {} });
    const pair = byName.get(name);
    pair.sides[side] = { bytes: Number(bytes), sha256 };
    if (klass === 'S') pair.base = paths.replace(/\.(old|new)$/, '');
  }
  return [...byName.values()];
}

const isMade = (pair) => pair.class === 'S' || pair.class === 'L';
const isLarge = (pair) => pair.name.startsWith('nnue') ||
  Object.values(pair.sides).some((side) => side.bytes > kLargeBytes);

/**
 * Class L only when asked for. In the order A B C D S, small pairs first: figures appear early.
 */
export function select(pairs, { small, classes, names }) {
  const unknown = (names ?? []).filter((name) => !pairs.some((pair) => pair.name === name));
  if (unknown.length > 0) throw new Error(`no pair named ${unknown.join(', ')}`);
  return pairs
    .filter((pair) => !small || !isLarge(pair))
    .filter((pair) => (classes ? classes.includes(pair.class) : names || pair.class !== 'L'))
    .filter((pair) => !names || names.includes(pair.name))
    .sort((a, b) => a.class.localeCompare(b.class) || a.sides.new.bytes - b.sides.new.bytes);
}

function digestOf(file) {
  const hash = createHash('sha256');
  const descriptor = openSync(file, 'r');
  const block = Buffer.alloc(1 << 20);
  for (let got; (got = readSync(descriptor, block)) > 0;) hash.update(block.subarray(0, got));
  closeSync(descriptor);
  return hash.digest('hex');
}

/** Files are hashed once and again only when size or time of change say so. */
function isThere(data, pair, stamps) {
  return Object.entries(pair.sides).every(([side, { bytes, sha256 }]) => {
    const file = join(data, `${pair.name}.${side}`);
    if (!existsSync(file) || statSync(file).size !== bytes) return false;
    const stamp = `${statSync(file).mtimeMs} ${sha256}`;
    if (stamps[file] === stamp) return true;
    if (digestOf(file) !== sha256) return false;
    stamps[file] = stamp;
    return true;
  });
}

/** Fetches and makes what is missing. Throws when a file then has another digest. */
export function provide(data, wanted, makeSynthetic) {
  const record = join(data, 'checked.json');
  const stamps = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : {};
  const missing = (pairs) => pairs.filter((pair) => !isThere(data, pair, stamps));
  const real = new Set(missing(wanted.filter((pair) => !isMade(pair))).map((pair) => pair.name));
  const synthetic = missing(wanted.filter(isMade));
  for (const pair of synthetic) if (pair.base) real.add(pair.base);
  const quiet = { stdio: ['ignore', 'inherit', 'inherit'] };
  if (real.size > 0) execFileSync(join(here, 'fetch-pairs'), ['--into', data, ...real], quiet);
  if (synthetic.length > 0)
    execFileSync(makeSynthetic, [data, ...synthetic.map((pair) => pair.name)], quiet);
  const wrong = missing(wanted);
  if (wrong.length > 0)
    throw new Error(`not as pairs.tsv says: ${wrong.map((pair) => pair.name).join(', ')}`);
  writeFileSync(record, JSON.stringify(stamps));
}
