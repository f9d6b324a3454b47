// The tables for people.

import { bestPeer, classNames, geometricMean, ratio } from './goals.mjs';

const kNameWidth = 28;
const kCell = 11;

const left = (text, width) => String(text).padEnd(width);
const right = (text, width = kCell) => String(text).padStart(width);
const thousands = (number) => number.toLocaleString('en-US');

const shortRatio = (value) =>
  value === undefined ? '-' : value.toFixed(value < 0.1 ? 4 : 3);

function sizeCell(row, tool) {
  const result = row.results[tool];
  if (result === undefined) return '-';
  if (result.error) return result.error.endsWith('timeout') ? 'timeout' : 'error';
  return shortRatio(ratio(row, tool)) + (result.cached ? '*' : '');
}

export const sizeHeader = (tools) => [left('pair', kNameWidth), ' ', right('full bytes', 12),
  ...tools.map((tool) => right(tool)), '  best other'].join('');

export function sizeLine(row, tools) {
  const best = bestPeer(row);
  return [left(row.pair.name, kNameWidth), row.pair.class,
    right(thousands(row.pair.sides.new.bytes), 12),
    ...tools.map((tool) => right(sizeCell(row, tool))),
    best ? `  ${shortRatio(best.ratio)} ${best.tool}` : ''].join('');
}

function meanCell(rows, of) {
  const values = rows.map(of).filter((value) => value !== undefined);
  const mean = shortRatio(geometricMean(values));
  return values.length < rows.length ? `${mean}/${values.length}` : mean;
}

/** Geometric means by class; "0.123/4": over the four pairs for which there is a figure. */
export function meansTable(rows, tools) {
  const lines = [[left('geometric mean by class', kNameWidth + 9), right('pairs', 4),
    ...tools.map((tool) => right(tool)), right('best other')].join('')];
  for (const [klass, name] of Object.entries(classNames)) {
    const those = rows.filter((row) => row.pair.class === klass);
    if (those.length === 0) continue;
    lines.push([left(name, kNameWidth + 9), right(those.length, 5),
      ...tools.map((tool) => right(meanCell(those, (row) => ratio(row, tool)))),
      right(meanCell(those, (row) => bestPeer(row)?.ratio))].join(''));
  }
  return lines.join('\n');
}

const mega = (bytes) => (bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0);

function costCell(result, phase) {
  const cost = result?.[phase];
  return cost ? `${cost.wall_s.toFixed(2)}/${mega(cost.peak_bytes)}` : '-';
}

/** phase: encode or decode. Seconds and peak megabytes of what was measured in this run. */
export function costTable(rows, tools, phase) {
  const width = kCell + 2;
  const lines = [[left(`${phase}: s / peak MB`, kNameWidth + 1),
    ...tools.map((tool) => right(tool, width))].join('')];
  for (const row of rows) {
    lines.push([left(row.pair.name, kNameWidth), row.pair.class,
      ...tools.map((tool) => right(costCell(row.results[tool], phase), width))].join(''));
  }
  return lines.join('\n');
}

export function goalsTable(goals) {
  const lines = [[left('goal', 52), right('limit'), right('measured'), '  '].join('')];
  for (const { name, value, limit, atLeast, of, digits, reached, partial } of goals) {
    const word = reached === undefined ? 'not measured' : reached ? 'reached' : 'MISSED';
    const mark = partial && reached !== undefined ? `(${word})` : word;
    lines.push([left(name, 52), right(`${atLeast ? '>=' : '<='} ${limit}`),
      right(value === undefined ? '-' : value.toFixed(digits)), `  ${left(mark, 13)}`, of]
      .join('').trimEnd());
  }
  return lines.join('\n');
}
