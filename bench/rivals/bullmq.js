// bullmq.js work: a worker that does nothing. bullmq.js put COUNT: adds jobs in bulk, prints when
// the first one left.
'use strict';
const { Queue, Worker } = require('bullmq');

const connection = { path: process.env.BENCH_SOCKET, maxRetriesPerRequest: null };

async function put(left) {
  const queue = new Queue('bench', { connection });
  await queue.waitUntilReady();
  console.log(Number(process.hrtime.bigint()) / 1e9);
  while (left > 0) {
    const count = Math.min(left, 1000);
    const job = { name: 'n', data: 'x'.repeat(100), opts: { removeOnComplete: true } };
    await queue.addBulk(Array(count).fill(job));
    left -= count;
  }
  await queue.close();
}

async function work() {
  const concurrency = Number(process.env.BENCH_CONCURRENCY || 50);
  const worker = new Worker('bench', async () => {}, { connection, concurrency });
  await worker.waitUntilReady();
  console.log('ready');
}

if (process.argv[2] === 'put') put(Number(process.argv[3]));
else work();
