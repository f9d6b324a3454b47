// SPDX-License-Identifier: Apache-2.0
//
// Model inputs from a short description: literal data, seeded noise, or a sawtooth. The same
// description gives the same values in any language, so golden files stay small.

const TYPED = {
  float32: Float32Array, int32: Int32Array, uint8: Uint8Array,
  int8: Int8Array, int64: BigInt64Array,
};

const count = (shape) => shape.reduce((a, b) => a * b, 1);

// Marsaglia's xorshift32, reduced to 24 bits so that every value in [0, 1) is
// an exact float32 and the sequence is the same in any language.
function* uniform(seed) {
  let x = (Math.imul(seed, 0x9e3779b1) ^ 0x6a09e667) | 0;
  if (x === 0) x = 1;
  for (;;) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield (x >>> 8) / 0x1000000;
  }
}

// Spec: {dtype, shape, data} literal (one value fills the tensor), or
// {dtype, shape, seed, range} noise, or {..., kind: "saw", period} a sawtooth
// with a little seeded noise: a buzz-like test sound made of exact arithmetic.
export function makeInput(name, spec) {
  const Type = TYPED[spec.dtype];
  if (!Type) throw new Error(`input ${name}: unknown dtype ${spec.dtype}`);
  const n = count(spec.shape);
  const cast = Type === BigInt64Array ? (v) => BigInt(Math.trunc(v)) : (v) => v;
  const out = new Type(n);
  if (spec.data !== undefined) {
    const data = [].concat(spec.data);
    if (data.length !== n && data.length !== 1) {
      throw new Error(`input ${name}: ${data.length} values for ${n} elements`);
    }
    for (let i = 0; i < n; i++) out[i] = cast(data[data.length === 1 ? 0 : i]);
    return { dtype: spec.dtype, shape: spec.shape, data: out };
  }
  const [lo, hi] = spec.range ?? [-1, 1];
  const rnd = uniform(spec.seed ?? 1);
  for (let i = 0; i < n; i++) {
    let u = rnd.next().value;
    if (spec.kind === 'saw') u = 0.9375 * ((i % spec.period) / spec.period) + 0.0625 * u;
    out[i] = cast(lo + (hi - lo) * u);
  }
  return { dtype: spec.dtype, shape: spec.shape, data: out };
}

// All inputs of one case: {name: {dtype, shape, data}}.
export const makeInputs = (specs) =>
  Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, makeInput(name, spec)]));
