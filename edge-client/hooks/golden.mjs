#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Golden vectors: run a model on recorded inputs and compare its outputs.
//
//   golden.mjs record MODEL CASES OUT   run the cases in CASES, write them with outputs to OUT
//   golden.mjs check MODEL GOLDEN       compare; one line a case
//   golden.mjs hook                     check, with MODEL and GOLDEN from FLOTILLA_IMAGE and
//                                       FLOTILLA_GOLDEN: the self-test hook of flotilla-edge;
//                                       one short line, since it travels in the device's report
//   golden.mjs load [MODEL]             only load it; without MODEL a self-test hook for releases
//                                       that have no golden vectors
//   golden.mjs describe MODEL OUT       CASES to begin with: noise for every input of the model,
//                                       1 where a dimension is open
//
// FLOTILLA_NODE_MODULES names the folder that holds node_modules (default: this script's).
// Exit status: 0 outputs agree (or recorded), 1 outputs differ, 2 could not run.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeInputs } from './inputs.mjs';
import { explain, formatOf, loadModel } from './runtimes.mjs';

const SAMPLES = 64; // values kept per output; whole-tensor statistics cover the rest

// Keep every stride-th value plus statistics over the whole tensor.
function summarize({ shape, data }) {
  const n = data.length;
  const stride = Math.max(1, Math.ceil(n / SAMPLES));
  const values = [];
  let sum = 0, sumAbs = 0, min = Infinity, max = -Infinity;
  for (let i = 0; i < n; i++) {
    const v = Number(data[i]);
    if (!Number.isFinite(v)) min = max = NaN; // Math.min/max keep NaN from here on
    sum += v;
    sumAbs += Math.abs(v);
    min = Math.min(min, v);
    max = Math.max(max, v);
    if (i % stride === 0) values.push(v);
  }
  return { shape, stride, values, stats: { mean: sum / n, mean_abs: sumAbs / n, min, max } };
}

// 9 significant digits identify a float32.
const rounded = (s) => JSON.parse(JSON.stringify(s, (_, v) => (typeof v === 'number' ? Number(v.toPrecision(9)) : v)));

// Largest absolute error over all outputs, and whether all are in tolerance.
// A missing or differently shaped output is a mismatch; the rest still count.
function compare(expected, results, tol) {
  let worst = 0, where = '-', ok = true;
  const notes = [];
  const check = (label, want, got) => {
    const err = Math.abs(got - want);
    if (!(err <= tol.abs + tol.rel * Math.abs(want))) ok = false; // NaN fails too
    if (err > worst || (Number.isNaN(err) && !Number.isNaN(worst))) { worst = err; where = label; }
  };
  for (const [name, want] of Object.entries(expected)) {
    const got = results[name] && summarize(results[name]);
    if (!got || String(got.shape) !== String(want.shape) || got.stride !== want.stride) {
      notes.push(`${name} is ${got ? `[${got.shape}]` : 'missing'}, expected [${want.shape}]`);
      continue;
    }
    want.values.forEach((v, i) => check(`${name}[${i * want.stride}]`, v, got.values[i]));
    for (const [k, v] of Object.entries(want.stats)) check(`${name} ${k}`, v, got.stats[k]);
  }
  return { ok: ok && !notes.length, worst, where, notes };
}

async function open(modelPath, goldenPath) {
  const golden = JSON.parse(readFileSync(goldenPath, 'utf8'));
  if (!golden.cases?.length) throw new Error(`${goldenPath} has no cases`);
  const bytes = new Uint8Array(readFileSync(modelPath));
  const modules = process.env.FLOTILLA_NODE_MODULES ?? dirname(fileURLToPath(import.meta.url));
  const model = await loadModel(bytes, golden.model_format ?? formatOf(bytes), modules);
  return { golden, bytes, model };
}

async function record(modelPath, casesPath, outPath) {
  const { golden, bytes, model } = await open(modelPath, casesPath);
  for (const [i, c] of golden.cases.entries()) {
    c.outputs = {};
    for (const [name, t] of Object.entries(await model.run(makeInputs(c.inputs)))) {
      const s = summarize(t);
      if (!Number.isFinite(s.stats.min)) throw new Error(`case ${i}: ${name} is not finite`);
      c.outputs[name] = rounded(s);
    }
  }
  golden.recorded = { runtime: model.label, model_sha256: createHash('sha256').update(bytes).digest('hex') };
  writeFileSync(outPath, `${JSON.stringify(golden)}\n`);
  return 0;
}

async function compareAll(modelPath, goldenPath) {
  const { golden, model } = await open(modelPath, goldenPath);
  const results = [];
  for (const [i, c] of golden.cases.entries()) {
    if (!Object.keys(c.outputs ?? {}).length) throw new Error(`case ${i} has no outputs: record it first`);
    const r = compare(c.outputs, await model.run(makeInputs(c.inputs)), golden.tolerance);
    results.push({ ok: r.ok, error: `error ${r.worst.toExponential(2)} at ${[r.where, ...r.notes].join('; ')}` });
  }
  return results;
}

async function check(modelPath, goldenPath) {
  const results = await compareAll(modelPath, goldenPath);
  results.forEach((r, i) => console.log(`case ${i}: ${r.ok ? 'ok' : 'MISMATCH'}, largest ${r.error}`));
  return results.every((r) => r.ok) ? 0 : 1;
}

async function hook() {
  const { FLOTILLA_IMAGE: image, FLOTILLA_GOLDEN: golden } = process.env;
  if (!image) throw new Error('FLOTILLA_IMAGE is not set: golden.mjs hook is run by flotilla-edge');
  if (!golden) throw new Error('the release has no golden vectors');
  const results = await compareAll(image, golden);
  const wrong = results.filter((r) => !r.ok);
  console.log(wrong.length ? `${wrong.length} of ${results.length} golden vectors differ, first: ${wrong[0].error}`
    : `${results.length} golden vectors agree`);
  return wrong.length ? 1 : 0;
}

async function openAlone(path) {
  const bytes = new Uint8Array(readFileSync(path));
  const modules = process.env.FLOTILLA_NODE_MODULES ?? dirname(fileURLToPath(import.meta.url));
  const format = formatOf(bytes);
  return { format, model: await loadModel(bytes, format, modules) };
}

async function load(modelPath = process.env.FLOTILLA_IMAGE) {
  if (!modelPath) throw new Error('give MODEL, or FLOTILLA_IMAGE as flotilla-edge does');
  const { model } = await openAlone(modelPath);
  console.log(`loads in ${model.label}`);
  return 0;
}

async function describe(modelPath, outPath) {
  const { format, model } = await openAlone(modelPath);
  const inputs = {};
  for (const [i, { name, dtype, shape }] of model.inputs().entries()) {
    const range = dtype.startsWith('float') ? [-1, 1] : [0, 2];
    inputs[name] = { dtype, shape, range, seed: i + 1 };
  }
  const golden = { model_format: format, tolerance: { abs: 1e-4, rel: 1e-4 }, cases: [{ inputs }] };
  writeFileSync(outPath, `${JSON.stringify(golden)}\n`);
  return 0;
}

const USAGE = 'usage: golden.mjs record MODEL CASES OUT | check MODEL GOLDEN | hook | load [MODEL] | describe MODEL OUT';
const VERBS = { record: [record, 3], check: [check, 2], hook: [hook, 0], load: [load, 0, 1], describe: [describe, 2] };

function main([verb, ...args]) {
  const [run, ...wanted] = VERBS[verb] ?? [];
  if (!run || !wanted.includes(args.length)) throw new Error(USAGE);
  return run(...args);
}

Promise.resolve(process.argv.slice(2)).then(main).then(
  (status) => { process.exitCode = status; },
  (error) => {
    console.error(explain(error));
    process.exit(2);
  },
);
