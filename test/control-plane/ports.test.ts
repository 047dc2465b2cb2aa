import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from './ports.ts';

test('ports are free, all different, and outside of what outgoing connections use', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
  expect(new Set(ports).size).toBe(50);
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(10_000);
    expect(port).toBeLessThan(30_000);
  }
});

test('a port that was given can be listened on', async () => {
  const server = createServer().listen(await freePort(), '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
});
