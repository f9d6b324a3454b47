// Runs the comparison; `run` beside it builds what this needs and describes the options.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { judge } from './goals.mjs';
import { Record, runTool } from './measured.mjs';
import { provide, readPairs, select } from './pairs.mjs';
import { costTable, goalsTable, meansTable, sizeHeader, sizeLine } from './tables.mjs';
import { findVersions, flotilla, peers } from './tools.mjs';

const text = { type: 'string' };
const flag = { type: 'boolean', default: false };

function readOptions() {
  const { values } = parseArgs({
    options: {
      small: flag, class: text, pairs: text, tools: text, 'peers-only': flag, 'cached-peers': flag,
      timeout: { ...text, default: '600' }, data: { ...text, default: 'build/cache/pairs' },
      flotilla: { ...text, default: 'build/bench/bin/flotilla' },
      json: { ...text, default: 'build/bench/delta.json' },
    },
  });
  const timeoutS = Number(values.timeout);
  if (!Number.isInteger(timeoutS) || timeoutS < 1) throw new Error('--timeout wants whole seconds');
  return { ...values, timeoutS, data: resolve(values.data), bin: resolve('build/bench/bin') };
}

function selectTools(options) {
  const all = options['peers-only'] ? peers : [...peers, flotilla(resolve(options.flotilla))];
  const names = options.tools?.split(',');
  const unknown = (names ?? []).filter((name) => !all.some((tool) => tool.key === name));
  if (unknown.length > 0) throw new Error(`no tool named ${unknown.join(', ')}`);
  const chosen = all.filter((tool) => !names || names.includes(tool.key));
  findVersions(chosen);
  return chosen;
}

/** A line that is gone when the next one comes; nothing when the output is a file. */
function progress(line) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}

async function measurePair(pair, tools, options, record, place) {
  const results = {};
  for (const tool of tools) {
    progress(`${place}  ${pair.name}: ${tool.key}`);
    results[tool.key] = (options['cached-peers'] && record.find(tool, pair, options.timeoutS)) ||
      await runTool(tool, pair, options);
    if (!results[tool.key].cached) record.keep(tool, pair, results[tool.key], options.timeoutS);
  }
  progress('');
  return { pair, results };
}

function complain(row) {
  for (const [tool, result] of Object.entries(row.results))
    if (result.error) console.log(`    ${tool}: ${result.error}`);
}

function printSummary(rows, goals, keys, options) {
  const cached = rows.some((row) => Object.values(row.results).some((result) => result.cached));
  if (cached) console.log('\n* from an earlier run of the same version on the same files');
  console.log(`\n${meansTable(rows, keys)}`);
  for (const phase of ['encode', 'decode']) console.log(`\n${costTable(rows, keys, phase)}`);
  if (keys.includes('flotilla')) console.log(`\n${goalsTable(goals)}`);
  console.log(`\nall figures: ${options.json}`);
}

function writeJson(rows, goals, tools, options) {
  mkdirSync(dirname(resolve(options.json)), { recursive: true });
  const versions = Object.fromEntries(tools.map(({ key, version }) => [key, version ?? null]));
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length };
  const pairs = rows.map(({ pair, results }) => ({
    name: pair.name, class: pair.class, old_bytes: pair.sides.old.bytes,
    new_bytes: pair.sides.new.bytes, results,
  }));
  writeFileSync(options.json, `${JSON.stringify({ machine, versions, pairs, goals }, null, 1)}\n`);
}

async function main() {
  const options = readOptions();
  const tools = selectTools(options);
  const keys = tools.map((tool) => tool.key);
  const all = readPairs();
  const wanted = select(all, {
    small: options.small, classes: options.class?.toUpperCase(), names: options.pairs?.split(','),
  });
  mkdirSync(options.data, { recursive: true });
  provide(options.data, wanted, join(options.bin, 'make_synthetic'));

  options.scratch = mkdtempSync(join(tmpdir(), 'flotilla-delta.'));
  options.measure = join(options.bin, 'measure');
  const record = new Record(options.data);
  const rows = [];
  try {
    console.log(`${sizeHeader(keys)}   (size against full)`);
    for (const pair of wanted) {
      const place = `${rows.length + 1}/${wanted.length}`;
      const row = await measurePair(pair, tools, options, record, place);
      rows.push(row);
      console.log(sizeLine(row, keys));
      complain(row);
      writeJson(rows, judge(rows, all), tools, options);
    }
  } finally {
    rmSync(options.scratch, { recursive: true, force: true });
  }
  printSummary(rows, judge(rows, all), keys, options);
  // Missed goals are figures; a delta that does not come back as the new file is a fault.
  if (rows.some((row) => row.results.flotilla?.error)) process.exitCode = 1;
}

main().catch((error) => {
  console.error(`delta/run: ${error.message}`);
  process.exitCode = 1;
});
