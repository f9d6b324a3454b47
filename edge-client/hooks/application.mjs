#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// The smallest honest application: loads the active model, runs it on its own inputs, and writes
// the health file that flotilla-edge watches. A reload hook of flotilla-edge.
//
//   application.mjs CASES HEALTH_FILE
//
// CASES has the format of golden.mjs without outputs; each case may name `range`: [low, high], what
// the application takes for a sane value of every output. FLOTILLA_ACTIVE is the active model and
// FLOTILLA_IMAGE_DIGEST what flotilla-edge expects it to be; the health file names the digest of
// the bytes that were really loaded. Exit status: 0, also when the model is unhealthy; 2 could not
// run.

import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeInputs } from './inputs.mjs';
import { explain, formatOf, loadModel } from './runtimes.mjs';

const sane = (outputs, [low, high]) =>
  Object.values(outputs).every(({ data }) => data.every((v) => Number(v) >= low && Number(v) <= high));

async function main([casesPath, healthPath]) {
  if (!healthPath) throw new Error('usage: application.mjs CASES HEALTH_FILE');
  const path = process.env.FLOTILLA_ACTIVE;
  if (!path) {
    rmSync(healthPath, { force: true }); // no model: nothing to say
    return;
  }
  const cases = JSON.parse(readFileSync(casesPath, 'utf8')).cases;
  const bytes = new Uint8Array(readFileSync(path));
  const modules = process.env.FLOTILLA_NODE_MODULES ?? dirname(fileURLToPath(import.meta.url));
  const model = await loadModel(bytes, formatOf(bytes), modules);
  let failures = 0;
  const times = [];
  for (const c of cases) {
    const started = process.hrtime.bigint();
    const outputs = await model.run(makeInputs(c.inputs));
    times.push(Number((process.hrtime.bigint() - started) / 1000n));
    if (!sane(outputs, c.range ?? [-Number.MAX_VALUE, Number.MAX_VALUE])) failures += 1;
  }
  times.sort((a, b) => a - b);
  const lines = [
    `digest=${createHash('sha256').update(bytes).digest('hex')}`,
    `healthy=${failures === 0 ? 1 : 0}`,
    `inferences=${cases.length}`,
    `failures=${failures}`,
    ...(times.length ? [`latency_p50_us=${times[Math.floor(times.length / 2)]}`] : []),
    ...(times.length ? [`latency_p99_us=${times[times.length - 1]}`] : []),
    'end',
  ];
  writeFileSync(`${healthPath}.tmp`, `${lines.join('\n')}\n`);
  renameSync(`${healthPath}.tmp`, healthPath);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(explain(error));
  process.exit(2);
});
