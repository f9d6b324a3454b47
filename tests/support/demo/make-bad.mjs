#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Write a copy of a model that still loads but holds wrong weights: same
// size, same graph.
//
//   make-bad.mjs IN OUT [--tensors N]     (.onnx or .tflite; N defaults to 8)
//       For each of the N largest float tensors the middle half of its
//       elements is reversed in place: the same values in a wrong order.
//   make-bad.mjs IN OUT --branch NAME     (.onnx)
//       Every float weight inside the outermost If branch NAME (then_branch,
//       else_branch) becomes NaN: wrong only for inputs that take the branch.
//
// Deterministic. Prints one line per changed tensor.

import { readFileSync, writeFileSync } from 'node:fs';

// Every tensor of an ONNX file, found by walking the protobuf messages. The
// table names, per message, the fields that lead to a tensor.
function onnxTensors(buf) {
  const NEXT = {
    model: { 7: 'graph' },
    graph: { 1: 'node', 5: 'tensor' },
    node: { 5: 'attribute' },
    attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph' },
    tensor: {},
  };
  const WIDTH = { 1: 4, 10: 2, 11: 8 }; // FLOAT, FLOAT16, DOUBLE
  const found = [];
  const walk = (kind, pos, end, branch) => {
    const varint = () => {
      let v = 0, scale = 1;
      for (;;) {
        if (pos >= end) throw new Error('truncated protobuf');
        const b = buf[pos++];
        v += (b & 127) * scale;
        if (b < 128) return v;
        scale *= 128;
      }
    };
    const t = { name: '', type: 0, branch };
    let inner = branch;
    while (pos < end) {
      const key = varint();
      const field = Math.floor(key / 8);
      const wire = key % 8;
      if (wire === 0) {
        const v = varint();
        if (kind === 'tensor' && field === 2) t.type = v;
      } else if (wire === 1) pos += 8;
      else if (wire === 5) pos += 4;
      else if (wire === 2) {
        const len = varint();
        if (pos + len > end) throw new Error('truncated protobuf');
        if (kind === 'attribute' && field === 1 && !branch) inner = buf.toString('latin1', pos, pos + len);
        if (NEXT[kind][field]) walk(NEXT[kind][field], pos, pos + len, inner);
        if (kind === 'tensor' && field === 8) t.name = buf.toString('utf8', pos, pos + len);
        if (kind === 'tensor' && (field === 9 || field === 4)) { t.at = pos; t.len = len; } // raw_data, float_data
        pos += len;
      } else throw new Error('not an ONNX file');
    }
    if (kind === 'tensor' && t.at !== undefined && WIDTH[t.type]) found.push({ ...t, width: WIDTH[t.type] });
  };
  walk('model', 0, buf.length, '');
  return found;
}

// Every constant tensor of a TFLite file, found by following the flatbuffer.
function tfliteTensors(buf) {
  const WIDTH = { 0: 4, 1: 2, 10: 8 }; // FLOAT32, FLOAT16, FLOAT64
  // Position of a table's field, or 0 when it is absent.
  const field = (table, i) => {
    const vtable = table - buf.readInt32LE(table);
    const slot = 4 + 2 * i;
    const off = slot < buf.readUInt16LE(vtable) ? buf.readUInt16LE(vtable + slot) : 0;
    return off && table + off;
  };
  const follow = (pos) => pos + buf.readUInt32LE(pos);
  const vector = (pos) => {
    if (!pos) return { at: 0, len: 0 };
    const v = follow(pos);
    return { at: v + 4, len: buf.readUInt32LE(v) };
  };
  const tables = ({ at, len }) => Array.from({ length: len }, (_, i) => follow(at + 4 * i));
  if (buf.toString('latin1', 4, 8) !== 'TFL3') throw new Error('not a TFLite file');
  const model = follow(0);
  const buffers = tables(vector(field(model, 4))).map((b) => vector(field(b, 0)));
  const found = new Map(); // several tensors may share one buffer
  for (const graph of tables(vector(field(model, 2)))) {
    for (const tensor of tables(vector(field(graph, 0)))) {
      const type = field(tensor, 1) ? buf[field(tensor, 1)] : 0;
      const index = field(tensor, 2) ? buf.readUInt32LE(field(tensor, 2)) : 0;
      const { at, len } = buffers[index];
      if (!len || !WIDTH[type]) continue;
      const name = vector(field(tensor, 3));
      found.set(index, { name: buf.toString('utf8', name.at, name.at + name.len), at, len, width: WIDTH[type] });
    }
  }
  return [...found.values()];
}

// The middle half of a tensor, back to front.
function reverseMiddle(buf, { name, at, len, width }) {
  const elems = Math.floor(len / width);
  const first = Math.floor(elems / 4);
  const last = elems - first; // exclusive
  const copy = Buffer.from(buf.subarray(at, at + len));
  for (let i = first; i < last; i++) {
    const from = (first + last - 1 - i) * width;
    copy.copy(buf, at + i * width, from, from + width);
  }
  console.log(`reversed ${last - first} of ${elems} float${width * 8} at byte ${at}: ${name.slice(0, 60)}`);
}

// All bits set is a NaN in every IEEE format.
function makeNaN(buf, { name, at, len, width }) {
  buf.fill(0xff, at, at + len);
  console.log(`NaN in ${Math.floor(len / width)} float${width * 8} at byte ${at}: ${name.slice(0, 60)}`);
}

function main(args) {
  const option = (flag) => (args.includes(flag) ? args.splice(args.indexOf(flag), 2)[1] : undefined);
  const branch = option('--branch');
  const n = Number(option('--tensors') ?? 8);
  if (args.length !== 2 || !(n > 0)) throw new Error('usage: make-bad.mjs IN OUT [--tensors N | --branch NAME]');
  const buf = readFileSync(args[0]);
  const tflite = buf.toString('latin1', 4, 8) === 'TFL3';
  let tensors = tflite ? tfliteTensors(buf) : onnxTensors(buf);
  if (branch) tensors = tensors.filter((t) => t.branch === branch);
  if (!tensors.length) throw new Error(`no float tensors found${branch ? ` in ${branch}` : ''}`);
  tensors.sort((a, b) => b.len - a.len || a.at - b.at);
  if (branch) tensors.forEach((t) => makeNaN(buf, t));
  else tensors.slice(0, n).forEach((t) => reverseMiddle(buf, t));
  writeFileSync(args[1], buf);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(2);
}
