import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fromEnvtestArchive, type ArchiveSource } from './envtest-archive.ts';
import { ENVTEST_ARCHIVES } from './envtest-release.ts';
import { freePort } from './ports.ts';
import { executableAt, scratchFolder } from './scratch.ts';

const FILE = 'envtest-v1.35.0-linux-amd64.tar.gz';
const progress = { update: (): void => undefined, end: (): void => undefined };

/** An archive like the official ones, with shell scripts in it. */
async function packed(): Promise<Buffer> {
  const folder = await scratchFolder();
  for (const name of ['etcd', 'kube-apiserver', 'kubectl']) await executableAt(join(folder, 'controller-tools', 'envtest', name));
  await promisify(execFile)('tar', ['-czf', join(folder, FILE), '-C', folder, 'controller-tools']);
  return readFile(join(folder, FILE));
}

const sha512 = (content: Buffer): string => createHash('sha512').update(content).digest('hex');

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function source(baseUrl: string, sum: string, more: Partial<ArchiveSource> = {}): Promise<ArchiveSource> {
  return { archive: { file: FILE, sha512: sum }, baseUrl, entry: join(await scratchFolder(), 'entry'), progress, ...more };
}

async function expectNothingUnpacked({ entry }: ArchiveSource): Promise<void> {
  expect(await readdir(dirname(entry))).toEqual([]);
}

describe('the envtest archive', () => {
  test('is downloaded from where releases are, checked, unpacked and kept', async () => {
    const content = await packed();
    const urls: (string | undefined)[] = [];
    const base = await serving((request, response) => {
      urls.push(request.url);
      response.end(content);
    });
    const wanted = await source(`${base}/`, sha512(content));
    const expected = {
      etcd: join(wanted.entry, 'etcd'),
      apiServer: join(wanted.entry, 'kube-apiserver'),
      kubectl: join(wanted.entry, 'kubectl'),
    };
    expect(await fromEnvtestArchive(wanted)).toEqual({ binaries: expected });
    expect(await fromEnvtestArchive(wanted)).toEqual({ binaries: expected });
    expect(urls).toEqual([`/envtest-v1.35.0/${FILE}`]);
  });

  test('with a wrong checksum is refused, with nothing unpacked', async () => {
    const content = await packed();
    const wanted = await source(await serving((_request, response) => response.end(content)), sha512(Buffer.from('another')));
    expect(await fromEnvtestArchive(wanted)).toEqual({ missing: expect.stringMatching(/wrong checksum, nothing was unpacked/) as string });
    await expectNothingUnpacked(wanted);
  });

  test('cut short is refused', async () => {
    const content = await packed();
    const base = await serving((_request, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, content.length / 2), () => response.destroy());
    });
    const wanted = await source(base, sha512(content));
    expect(await fromEnvtestArchive(wanted)).toHaveProperty('missing');
    await expectNothingUnpacked(wanted);
  });

  test('that is not there is reported with the answer of the server', async () => {
    const wanted = await source(await serving((_request, response) => response.writeHead(404).end()), 'x');
    expect(await fromEnvtestArchive(wanted)).toEqual({ missing: expect.stringContaining('the server answered 404') as string });
  });

  test('of a server that accepts and never answers is given up on after three seconds', async () => {
    const wanted = await source(await serving(() => undefined), 'x');
    const begun = performance.now();
    expect(await fromEnvtestArchive(wanted)).toEqual({ missing: expect.stringContaining('nothing came for 3 s') as string });
    expect(performance.now() - begun).toBeGreaterThan(2_900);
    expect(performance.now() - begun).toBeLessThan(60_000);
    await expectNothingUnpacked(wanted);
  });

  test('of a server that sends headers and nothing more is given up on as well', async () => {
    const base = await serving((_request, response) => {
      response.writeHead(200, { 'content-length': 1_000_000 }).flushHeaders();
    });
    const wanted = await source(base, 'x', { firstByteMs: 200 });
    expect(await fromEnvtestArchive(wanted)).toEqual({ missing: expect.stringContaining('nothing came for 0.2 s') as string });
  });

  test('of a server that refuses the connection is given up on at once', async () => {
    const wanted = await source(`http://127.0.0.1:${await freePort()}`, 'x', { firstByteMs: 60_000 });
    const begun = performance.now();
    expect(await fromEnvtestArchive(wanted)).toEqual({ missing: expect.stringContaining('ECONNREFUSED') as string });
    expect(performance.now() - begun).toBeLessThan(50_000);
  });

  test('is pinned for the four usual platforms, each with a sum of its own', () => {
    expect(Object.keys(ENVTEST_ARCHIVES).sort()).toEqual(['darwin-amd64', 'darwin-arm64', 'linux-amd64', 'linux-arm64']);
    const archives = Object.entries(ENVTEST_ARCHIVES);
    for (const [platform, archive] of archives) {
      expect(archive.file).toBe(`envtest-v1.35.0-${platform}.tar.gz`);
      expect(archive.sha512).toMatch(/^[0-9a-f]{128}$/);
    }
    expect(new Set(archives.map(([, archive]) => archive.sha512)).size).toBe(archives.length);
  });
});
