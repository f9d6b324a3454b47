// The tools under comparison: how each one encodes a pair and decodes it again.

import { execFileSync } from 'node:child_process';

/**
 * key: short name, also the table's column; version: the program's own word, part of the cache key;
 * encode and decode: [program, ...arguments]; stdout: the file is what the program prints.
 */
const peer = (key, packageName, encode, decode, more = {}) =>
  ({ key, packageName, encode, decode, ...more });

export const peers = [
  peer('zstd-19', 'zstd',
    (p) => ['zstd', '-19', '-q', '-f', p.new, '-o', p.delta],
    (p) => ['zstd', '-d', '-q', '-f', p.delta, '-o', p.back]),
  peer('xz-9e', 'xz-utils',
    (p) => ['xz', '-9e', '-k', '-c', '-T1', p.new],
    (p) => ['xz', '-d', '-k', '-c', p.delta], { stdout: true }),
  peer('bsdiff', 'bsdiff',
    (p) => ['bsdiff', p.old, p.new, p.delta],
    (p) => ['bspatch', p.old, p.back, p.delta]),
  peer('xdelta3', 'xdelta3',
    (p) => ['xdelta3', '-e', '-9', '-S', 'lzma', '-q', '-f', '-s', p.old, p.new, p.delta],
    (p) => ['xdelta3', '-d', '-q', '-f', '-s', p.old, p.delta, p.back]),
  peer('zstd-patch', 'zstd',
    (p) => ['zstd', '-19', '-q', '-f', `--patch-from=${p.old}`, p.new, '-o', p.delta],
    (p) => ['zstd', '-d', '-q', '-f', '--long=31', `--patch-from=${p.old}`, p.delta, '-o', p.back]),
];

/** `flotilla model delta --json` prints one object on standard output. */
export const flotilla = (program) => ({
  key: 'flotilla',
  report: true,
  encode: (p) => [program, 'model', 'delta', p.old, p.new, '--output', p.delta, '--json'],
  decode: (p) => [program, 'model', 'apply', p.old, p.delta, '--output', p.back],
});

/** Fills in each peer's version as the package manager knows it. Throws when one is missing. */
export function findVersions(tools) {
  for (const tool of tools) {
    if (!tool.packageName) continue;
    tool.version = execFileSync('dpkg-query', ['-W', '-f=${Version}', tool.packageName],
      { encoding: 'utf8' }).trim();
  }
}
