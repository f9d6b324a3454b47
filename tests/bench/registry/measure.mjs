// measure.mjs FLOTILLA SCRATCH SERVER_PID VERSIONS: see the script `run` beside it.
import {execFileSync} from 'node:child_process';
import {readFileSync, statSync} from 'node:fs';
import http from 'node:http';

const [flotilla, scratch, pid, count] = process.argv.slice(2);
const file = `${scratch}/model.safetensors`;
const kRuns = 3;
const kAsked = 2000;
const kAtOnce = 8;

const seconds = (command, args) => {
  const begin = process.hrtime.bigint();
  execFileSync(command, args, {stdio: ['ignore', 'pipe', 'inherit']});
  return Number(process.hrtime.bigint() - begin) / 1e9;
};
const memory = (name) =>
    Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`${name}:\\s+(\\d+)`))[1]) / 1024;

function push() {
  const size = statSync(file).size;
  const idle = memory('VmRSS');
  const hash = [], sent = [];
  for (let i = 0; i < kRuns; ++i) {
    hash.push(seconds('sha256sum', [file]));
    sent.push(seconds(flotilla, ['model', 'push', `large${i}`, file, '--class', 'board']));
  }
  const best = (values) => size / 2 ** 20 / Math.min(...values);
  console.log(`push of ${(size / 2 ** 20).toFixed(0)} MiB, best of ${kRuns}:`);
  console.log(`  sha256sum       ${best(hash).toFixed(0)} MiB/s`);
  console.log(`  flotilla push   ${best(sent).toFixed(0)} MiB/s, ` +
              `${(best(sent) / best(hash)).toFixed(2)} of sha256sum (goal 0.8)`);
  // Pages of mapped files are the page cache's, not the process's.
  console.log(`  server's peak   ${(memory('VmHWM') - idle).toFixed(0)} MiB above idle, with mapped files; ` +
              `anonymous ${memory('RssAnon').toFixed(0)} MiB (goal 128)`);
}

const [endpoint] = readFileSync(`${scratch}/state/endpoint`, 'utf8').trim().split('\n');
const token = readFileSync(`${scratch}/state/admin-token`, 'utf8').trim();
const {hostname, port} = new URL(endpoint);

const ask = (method, path, body) => new Promise((resolve, reject) => {
  const text = body ? JSON.stringify(body) : '';
  const headers = {Authorization: `Bearer ${token}`, 'Content-Length': text.length};
  const begin = process.hrtime.bigint();
  const request = http.request({hostname, port, method, path: `/api/v1${path}`, headers}, (answer) => {
    let told = '';
    answer.on('data', (piece) => told += piece);
    answer.on('end', () => {
      const ms = Number(process.hrtime.bigint() - begin) / 1e6;
      if (answer.statusCode >= 300) reject(new Error(`${method} ${path}: ${answer.statusCode} ${told}`));
      else resolve({ms, told});
    });
  });
  request.on('error', reject);
  request.end(text);
});

async function register(image, total) {
  const begin = Date.now();
  const worker = async (number) => {
    for (let i = number; i < total; i += kAtOnce) {
      const model = `m${number}-${Math.floor(i / 1000)}`;
      await ask('POST', `/models/${model}/versions`,
                {label: `1.${i}`, variants: [{hardware_class: 'board', image}]});
      if (i % 10000 === 0) process.stderr.write(`\r${i} of ${total} versions`);
    }
  };
  await Promise.all([...Array(kAtOnce).keys()].map(worker));
  process.stderr.write('\r\x1b[K');
  console.log(`${total} versions registered, ${(total / (Date.now() - begin) * 1000).toFixed(0)} a second`);
}

async function time(name, path) {
  const took = [];
  let size = 0;
  for (let i = 0; i < kAsked; ++i) {
    const {ms, told} = await ask('GET', path(i));
    took.push(ms);
    size = told.length;
  }
  took.sort((a, b) => a - b);
  const at = (share) => took[Math.floor(took.length * share)].toFixed(1);
  console.log(`  ${name.padEnd(30)} median ${at(0.5)} ms, 99 % within ${at(0.99)} ms (goal 20), ${size} bytes`);
}

push();
const small = JSON.parse(execFileSync(flotilla, ['model', 'push', 'small', `${scratch}/small`, '--class', 'board', '--json']));
const image = small.variants[0].image_digest;
await register(image, Number(count));
const models = Math.ceil(Number(count) / 1000);
await time('list models, first page', () => '/models?limit=100');
await time('search, first page', () => '/versions?limit=100');
await time('show a version', (i) => `/models/m${i % kAtOnce}-${i % models}/versions/1`);
