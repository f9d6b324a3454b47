// SPDX-License-Identifier: Apache-2.0
//
// Real inference for the hooks, without a native build: onnxruntime-web for ONNX, the interpreter
// inside @tensorflow/tfjs-tflite for TFLite, both as WebAssembly under Node.js 18 or newer.
// docs/decisions/0006-inference-runtime.md has the comparison.
//
// A runtime turns model bytes into {label, inputs() -> [{name, dtype, shape}],
// run(inputs) -> {name: {shape, data}}}.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// One short run: optimizing the WebAssembly costs far more than it saves.
setFlagsFromString('--liftoff-only');

// An open dimension has a name, or arrives as -1 in some width.
const fixed = (d) => (Number(d) > 0 && Number(d) < 2 ** 31 ? Number(d) : 1);

// ONNX: onnxruntime-web's WebAssembly CPU build, loaded from the package files.
async function onnxWeb(bytes, require) {
  const wasm = require.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
  const dist = dirname(wasm);
  const { version } = JSON.parse(readFileSync(join(dist, '../package.json')));
  // The self-contained bundle: it needs no other npm package and no worker.
  const ort = await import(pathToFileURL(join(dist, 'ort.wasm.bundle.min.mjs')));
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = readFileSync(wasm);
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  return {
    label: `onnxruntime-web@${version}`,
    inputs: () => session.inputMetadata.map(({ name, type, shape }) => (
      { name, dtype: type, shape: shape.map(fixed) })),
    async run(inputs) {
      const feeds = {};
      for (const [k, t] of Object.entries(inputs)) feeds[k] = new ort.Tensor(t.dtype, t.data, t.shape);
      const result = await session.run(feeds);
      const out = {};
      for (const [k, t] of Object.entries(result)) out[k] = { shape: [...t.dims], data: t.data };
      return out;
    },
  };
}

// TFLite: the WebAssembly interpreter inside @tensorflow/tfjs-tflite, used
// directly. Handing it the .wasm bytes avoids its browser-only fetch.
async function tfliteWeb(bytes, require) {
  const root = dirname(require.resolve('@tensorflow/tfjs-tflite/package.json'));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json')));
  const base = join(root, 'wasm', 'tflite_web_api_cc_simd');
  const lib = await require(`${base}.js`)({
    wasmBinary: readFileSync(`${base}.wasm`),
    print() {}, printErr() {},
  });
  const at = lib._malloc(bytes.length); // must outlive the interpreter
  lib.HEAPU8.set(bytes, at);
  const made = lib.TFLiteWebModelRunner.CreateFromBufferAndOptions(at, bytes.length,
    { numThreads: 1, enableProfiling: false, maxProfilingBufferEntries: 0 });
  if (!made.ok()) throw new Error(`TFLite: ${made.errorMessage()}`);
  const runner = made.value();
  const list = (v) => Array.from({ length: v.size() }, (_, i) => v.get(i));
  const shapeOf = (t) => t.shape.split(',').filter(Boolean).map(Number);
  return {
    label: `@tensorflow/tfjs-tflite@${version}`,
    inputs: () => list(runner.GetInputs()).map((t) => ({ name: t.name, dtype: t.dataType, shape: shapeOf(t) })),
    async run(inputs) {
      for (const t of list(runner.GetInputs())) {
        const given = inputs[t.name];
        if (!given) throw new Error(`golden file has no input "${t.name}"`);
        const want = `${t.dataType}[${t.shape}]`;
        const have = `${given.dtype}[${given.shape}]`;
        if (want !== have) throw new Error(`input ${t.name}: model wants ${want}, golden has ${have}`);
        t.data().set(given.data);
      }
      if (!runner.Infer()) throw new Error('TFLite: inference failed');
      const out = {};
      for (const t of list(runner.GetOutputs())) out[t.name] = { shape: shapeOf(t), data: t.data().slice() };
      return out;
    },
  };
}

const RUNTIMES = { onnx: onnxWeb, tflite: tfliteWeb };

// `format`: onnx or tflite. `modules`: the folder that holds node_modules.
export async function loadModel(bytes, format, modules) {
  const load = RUNTIMES[format];
  if (!load) throw new Error(`no runtime for model format "${format}" (onnx, tflite)`);
  return load(bytes, createRequire(join(resolve(modules), 'x.js')));
}

// The format by content: file names on a device carry no extension.
export function formatOf(bytes) {
  return Buffer.from(bytes.subarray(4, 8)).toString('latin1') === 'TFL3' ? 'tflite' : 'onnx';
}

// One line for people, whatever was thrown.
export function explain(error) {
  const missing = error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND';
  const text = String(error?.message ?? error).split('\n')[0];
  return `error: ${missing ? 'runtime not installed: ' : ''}${text}`;
}
