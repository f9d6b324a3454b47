// One tool on one pair: encode, decode, compare; and the record of earlier results.

import { spawn } from 'node:child_process';
import {
  closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, rmSync, statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const kTimedOut = 124;

/** Runs a command under `measure`. { wall_s, cpu_s, peak_bytes } or { error }. */
async function timed(measure, timeoutS, command, stdoutFile, scratch) {
  const result = join(scratch, 'measured.json');
  const log = join(scratch, 'stderr');
  rmSync(result, { force: true });
  const out = openSync(stdoutFile, 'w');
  const err = openSync(log, 'w');
  const code = await new Promise((resolve) => {
    const child = spawn(measure, [String(timeoutS), result, ...command],
      { stdio: ['ignore', out, err] });
    child.on('exit', (status) => resolve(status ?? 1));
    child.on('error', () => resolve(1));
  });
  closeSync(out);
  closeSync(err);
  if (code === kTimedOut) return { error: 'timeout' };
  if (code !== 0)
    return { error: readFileSync(log, 'utf8').trim().split('\n').pop() || `exit code ${code}` };
  return JSON.parse(readFileSync(result, 'utf8'));
}

function sameBytes(a, b) {
  if (statSync(a).size !== statSync(b).size) return false;
  const files = [openSync(a, 'r'), openSync(b, 'r')];
  const blocks = [Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)];
  let same = true;
  for (let got = 1; same && got > 0;) {
    got = readSync(files[0], blocks[0]);
    same = readSync(files[1], blocks[1]) === got &&
      blocks[0].subarray(0, got).equals(blocks[1].subarray(0, got));
  }
  files.forEach((file) => closeSync(file));
  return same;
}

/** { bytes, encode, decode, report? } or { error }. A delta that does not give NEW is an error. */
export async function runTool(tool, pair, { data, scratch, measure, timeoutS }) {
  const files = {
    old: join(data, `${pair.name}.old`), new: join(data, `${pair.name}.new`),
    delta: join(scratch, 'delta'), back: join(scratch, 'back'), report: join(scratch, 'report'),
  };
  for (const file of [files.delta, files.back]) rmSync(file, { force: true });
  const run = (command, target) =>
    timed(measure, timeoutS, command, tool.stdout ? target : files.report, scratch);

  const encode = await run(tool.encode(files), files.delta);
  if (encode.error) return { error: `encode: ${encode.error}` };
  const bytes = statSync(files.delta).size;
  const report = tool.report ? JSON.parse(readFileSync(files.report, 'utf8')) : undefined;
  const decode = await run(tool.decode(files), files.back);
  if (decode.error) return { error: `decode: ${decode.error}` };
  if (!existsSync(files.back) || !sameBytes(files.back, files.new))
    return { error: 'decode: not the new file' };
  return { bytes, encode, decode, ...(report && { report }) };
}

/** Results of peers by tool, version and digests: their sizes are the same every time. */
export class Record {
  constructor(data) { this.folder = join(data, 'results'); }

  file(tool, pair) {
    const { old: from, new: to } = pair.sides;
    return join(this.folder, `${tool.key}-${tool.version}`.replaceAll(/[^\w.+-]/g, '_'),
      `${from.sha256.slice(0, 16)}-${to.sha256.slice(0, 16)}.json`);
  }
  /** Sizes only: times of another run compare with nothing. A timeout stands for shorter ones. */
  find(tool, pair, timeoutS) {
    const file = this.file(tool, pair);
    if (!tool.version || !existsSync(file)) return undefined;
    const earlier = JSON.parse(readFileSync(file, 'utf8'));
    if (!earlier.error) return { bytes: earlier.bytes, cached: true };
    return earlier.timeoutS >= timeoutS ? { error: earlier.error, cached: true } : undefined;
  }
  keep(tool, pair, result, timeoutS) {
    if (!tool.version || (result.error && !result.error.endsWith('timeout'))) return;
    const file = this.file(tool, pair);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, `${JSON.stringify({ pair: pair.name, timeoutS, ...result })}\n`);
  }
}
