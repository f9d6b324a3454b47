// What the benchmark holds Flotilla against: the goals, and the figures computed from a run.

/** Geometric mean of size against the full file, by class. */
const kClassGoals = { A: 0.0052, B: 0.0030, C: 0.62, D: 0.65, S: 0.085 };
const kPairGoals = {
  tfl_pose_heavy_04_04b: 0.43,
  tfl_pose_full_04_04b: 0.64,
  tfl_pose_fullbody_01_02: 0.78,
  onnx_silero_v5_v6: 0.65,
};
const kDecodeMbPerS = { A: 20, B: 20, C: 10 };
const kEncodeTimeAgainstBsdiff = 0.25;
const kEncodeMemoryAgainstFiles = 4;
const kEncodeGibibytes = 2;
/** Below this, the start of the process is most of its time and memory. */
const kLeastBytes = 1e6;
const kLeastBytesForMemory = 10e6;
const kGibibyte = 2 ** 30;

export const classNames = {
  A: 'A  same weights, other container', B: 'B  same weights, other dtype', C: 'C  fine-tune',
  D: 'D  retrained, other architecture', S: 'S  synthetic',
  L: 'L  one gibibyte, for memory',
};

export function geometricMean(values) {
  if (values.length === 0) return undefined;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

export const ratio = (row, tool) => {
  const bytes = row.results[tool]?.bytes;
  return bytes === undefined ? undefined : bytes / row.pair.sides.new.bytes;
};

/** { tool, ratio } of the smallest output of the other tools. */
export function bestPeer(row) {
  const all = Object.keys(row.results).filter((tool) => tool !== 'flotilla')
    .map((tool) => ({ tool, ratio: ratio(row, tool) }))
    .filter((entry) => entry.ratio !== undefined);
  return all.sort((a, b) => a.ratio - b.ratio)[0];
}

const measured = (row, tool) => row.results[tool] && !row.results[tool].error &&
  !row.results[tool].cached;

/** One line of the goals' table. partial: computed from a part of what the goal is about. */
function goal(name, value, limit, { atLeast = false, of = '', digits = 4, partial = false } = {}) {
  const reached = value === undefined ? undefined : atLeast ? value >= limit : value <= limit;
  return { name, value, limit, atLeast, of, digits, reached, partial };
}

function sizeGoals(rows, all) {
  const goals = [];
  for (const [klass, limit] of Object.entries(kClassGoals)) {
    const values = rows.filter((row) => row.pair.class === klass)
      .map((row) => ratio(row, 'flotilla')).filter((value) => value !== undefined);
    const total = all.filter((pair) => pair.class === klass).length;
    goals.push(goal(`size, ${classNames[klass]}`, geometricMean(values), limit,
      { of: `${values.length} of ${total} pairs`, partial: values.length < total }));
  }
  for (const [name, limit] of Object.entries(kPairGoals)) {
    const row = rows.find((candidate) => candidate.pair.name === name);
    goals.push(goal(`size, ${name}`, row && ratio(row, 'flotilla'), limit));
  }
  return goals;
}

function overFull(rows) {
  const told = rows.filter((row) => row.results.flotilla?.report?.full_bytes);
  const over = told.filter(({ results: { flotilla } }) =>
    flotilla.report.payload_bytes > flotilla.report.full_bytes);
  return goal('pairs whose delta is above the full codec', told.length ? over.length : undefined, 0,
    { of: `${told.length} pairs`, digits: 0 });
}

function decodeGoals(rows) {
  return Object.entries(kDecodeMbPerS).map(([klass, limit]) => {
    const speeds = rows.filter((row) => row.pair.class === klass && measured(row, 'flotilla') &&
      row.pair.sides.new.bytes >= kLeastBytes)
      .map((row) => row.pair.sides.new.bytes / 1e6 / row.results.flotilla.decode.wall_s);
    return goal(`decode MB/s, slowest pair of class ${klass}`,
      speeds.length ? Math.min(...speeds) : undefined, limit,
      { atLeast: true, of: `${speeds.length} pairs from 1 MB`, digits: 1 });
  });
}

function encodeGoals(rows) {
  const both = rows.filter((row) => measured(row, 'flotilla') && measured(row, 'bsdiff') &&
    row.pair.sides.new.bytes >= kLeastBytes);
  const times = (clock) => both.map(({ results }) =>
    results.flotilla.encode[clock] / Math.max(results.bsdiff.encode[clock], 1e-3));
  const wall = times('wall_s');
  const of = `${both.length} pairs from 1 MB`;
  const digits = 2;
  const limit = kEncodeTimeAgainstBsdiff;
  return [
    goal('encode time against bsdiff, geometric mean', geometricMean(wall), limit, { of, digits }),
    goal('encode time against bsdiff, worst pair', wall.length ? Math.max(...wall) : undefined,
      limit, { of, digits }),
    goal('encode CPU time against bsdiff, geometric mean', geometricMean(times('cpu_s')), limit,
      { of, digits }),
  ];
}

function memoryGoals(rows) {
  const costs = rows.filter((row) => measured(row, 'flotilla')).map((row) => ({
    files: row.pair.sides.old.bytes + row.pair.sides.new.bytes,
    peak: row.results.flotilla.encode.peak_bytes,
  }));
  const shares = costs.filter(({ files }) => files >= kLeastBytesForMemory)
    .map(({ files, peak }) => peak / files);
  const large = costs.filter(({ files }) => files >= 2 * kGibibyte)
    .map(({ peak }) => peak / kGibibyte);
  const worst = (values) => (values.length ? Math.max(...values) : undefined);
  return [
    goal('encode peak memory against old + new, worst pair', worst(shares),
      kEncodeMemoryAgainstFiles, { of: `${shares.length} pairs from 10 MB`, digits: 2 }),
    goal('encode peak GiB for a pair of 1 GiB', worst(large), kEncodeGibibytes,
      { of: '--class L', digits: 2 }),
  ];
}

/** rows: [{ pair, results: { tool: result } }]; all: every pair there is. */
export const judge = (rows, all) => [
  ...sizeGoals(rows, all), overFull(rows), ...decodeGoals(rows), ...encodeGoals(rows),
  ...memoryGoals(rows),
];
