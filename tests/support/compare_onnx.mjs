// Runs pairs of ONNX models in onnxruntime on the same inputs and prints how far they are apart.
//   node compare_onnx.mjs PACKAGE < CASES
// PACKAGE: folder of the package onnxruntime-node. CASES: a JSON array of
//   {"parent": FILE, "child": FILE, "runs": N, "inputs": {NAME: {"shape": [..], "low", "high"}
//     or {"shape": [..], "value": V}}}
// Output: a JSON array of {OUTPUT: {"max_abs", "max_value", "relative"}}: the largest difference, the
// parent's largest magnitude, and the Euclidean norm of the difference by that of what the parent
// gives.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const ort = createRequire(import.meta.url)(process.argv[2]);
const cases = JSON.parse(readFileSync(0, 'utf8'));

function generator(seed) {  // xorshift32
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function tensor(type, wish, random) {
  const count = wish.shape.reduce((a, b) => a * b, 1);
  const value = () => wish.value ?? wish.low + random() * (wish.high - wish.low);
  if (type === 'int64') {
    return new ort.Tensor(type, BigInt64Array.from({ length: count },
      () => BigInt(Math.floor(value()))), wish.shape);
  }
  if (type === 'bool') {
    return new ort.Tensor(type, Uint8Array.from({ length: count }, value), wish.shape);
  }
  return new ort.Tensor(type, Float32Array.from({ length: count }, value), wish.shape);
}

async function compare({ parent, child, runs, inputs }) {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 };
  const sessions = [];
  for (const file of [parent, child]) {
    sessions.push(await ort.InferenceSession.create(file, options));
  }
  const random = generator(20260501);
  const found = {};
  for (let run = 0; run < runs; ++run) {
    const feeds = {};
    for (const { name, type } of sessions[0].inputMetadata) {
      feeds[name] = tensor(type, inputs[name], random);
    }
    const [a, b] = [await sessions[0].run(feeds), await sessions[1].run(feeds)];
    for (const name of sessions[0].outputNames) {
      if (`${a[name].dims}` !== `${b[name].dims}`) throw new Error(`${name}: another shape`);
      const of = found[name] ??= { max_abs: 0, max_value: 0, difference: 0, size: 0 };
      a[name].data.forEach((x, i) => {
        const d = Math.abs(Number(x) - Number(b[name].data[i]));
        if (!(d >= 0)) throw new Error(`${name}: no number`);
        of.max_abs = Math.max(of.max_abs, d);
        of.max_value = Math.max(of.max_value, Math.abs(Number(x)));
        of.difference += d * d;
        of.size += Number(x) ** 2;
      });
    }
  }
  for (const of of Object.values(found)) of.relative = Math.sqrt(of.difference / (of.size || 1));
  return found;
}

const out = [];
for (const one of cases) out.push(await compare(one));
console.log(JSON.stringify(out));
