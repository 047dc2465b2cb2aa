import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Offer } from './binaries.ts';
import { addToCache, fromCache } from './cache.ts';
import { download } from './download.ts';
import { ENVTEST_RELEASE, type EnvtestArchive } from './envtest-release.ts';
import type { Progress } from './progress.ts';

export interface ArchiveSource {
  readonly archive: EnvtestArchive;
  readonly baseUrl: string;
  /** The cache entry that the content becomes. */
  readonly entry: string;
  readonly progress: Progress;
  /** Milliseconds until the first byte; see `Download`. */
  readonly firstByteMs?: number;
}

/** etcd, kube-apiserver and kubectl of the official archive, downloaded once. It is unpacked only after its checksum was found right. */
export async function fromEnvtestArchive(source: ArchiveSource): Promise<Offer> {
  const before = await fromCache(source.entry);
  if ('binaries' in before) return before;
  const folder = await mkdtemp(join(tmpdir(), 'janus-envtest-'));
  const waiting = (holder: string): void => source.progress.update(`waiting for ${holder}, which is downloading ${source.archive.file}`);
  try {
    return await addToCache(source.entry, (into) => downloadAndUnpack(source, join(folder, source.archive.file), into), waiting);
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  } finally {
    source.progress.end();
    await rm(folder, { recursive: true, force: true });
  }
}

async function downloadAndUnpack({ archive, baseUrl, progress, firstByteMs }: ArchiveSource, packed: string, into: string): Promise<void> {
  await download({
    url: `${baseUrl.replace(/\/+$/, '')}/${ENVTEST_RELEASE}/${archive.file}`,
    sha512: archive.sha512,
    to: packed,
    ...(firstByteMs !== undefined && { firstByteMs }),
    received: (bytes, total) => progress.update(`downloading ${archive.file}: ${amount(bytes, total)}`),
  });
  // In the archive each file is in controller-tools/envtest/.
  await promisify(execFile)('tar', ['-xzf', packed, '-C', into, '--strip-components=2']);
}

function amount(bytes: number, total: number | undefined): string {
  const megabytes = (bytes / 1e6).toFixed(1);
  return total === undefined ? `${megabytes} MB` : `${megabytes} of ${(total / 1e6).toFixed(1)} MB`;
}
