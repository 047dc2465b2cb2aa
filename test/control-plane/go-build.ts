import { execFile } from 'node:child_process';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Offer } from './binaries.ts';
import { BuildOutput } from './build-output.ts';
import { addToCache } from './cache.ts';
import type { Progress } from './progress.ts';
import { startTethered } from './tether.ts';

/** The release that go.mod pins; the binaries report it as theirs. */
export const KUBERNETES_VERSION = 'v1.35.4';

const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'];
const BINARY = 'control-plane';
const TICK_MS = 500;

export interface GoBuild {
  /** The folder with main.go, go.mod and go.sum. */
  readonly folder: string;
  /** The cache entry that the result becomes. */
  readonly entry: string;
  readonly progress: Progress;
  /** The Go command; `go` of the PATH unless given. */
  readonly go?: string;
}

/** Builds every component with Go from public modules, minutes the first time, and keeps the result. One process at a time builds, others wait. */
export async function fromGoBuild(build: GoBuild): Promise<Offer> {
  const unusable = await whyUnusable(build.go ?? 'go');
  if (unusable !== undefined) return { missing: unusable };
  const waiting = (holder: string): void =>
    build.progress.update(`waiting for ${holder}, which is building Kubernetes ${KUBERNETES_VERSION}`);
  try {
    return await addToCache(build.entry, (folder) => compile(build, folder), waiting);
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  } finally {
    build.progress.end();
  }
}

/** Why this Go cannot build us, by its version; undefined if it can. From 1.21 on, Go fetches the toolchain that go.mod asks for. */
export function unusableGo(goVersion: string, toolchain: string): string | undefined {
  const match = /^go(\d+)\.(\d+)/.exec(goVersion);
  const [major, minor] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  if (major > 1 || minor >= 26) return undefined;
  if (minor < 21) return `Go is too old (${goVersion}), 1.26 or newer is needed`;
  return toolchain === 'local'
    ? `Go is too old (${goVersion}) and may not fetch a newer one (GOTOOLCHAIN=local), 1.26 or newer is needed`
    : undefined;
}

async function whyUnusable(go: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(go, ['env', 'GOVERSION', 'GOTOOLCHAIN'], { timeout: 30_000 });
    const [version = '', toolchain = ''] = stdout.split('\n');
    return unusableGo(version.trim(), toolchain.trim());
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return missing ? 'Go is not installed' : `Go does not run (${String(error).split('\n')[0]})`;
  }
}

async function compile({ folder, go = 'go', progress }: GoBuild, into: string): Promise<void> {
  const version = 'k8s.io/component-base/version';
  const [major, minor] = KUBERNETES_VERSION.slice(1).split('.');
  const ldflags = `-s -w -X ${version}.gitVersion=${KUBERNETES_VERSION} -X ${version}.gitMajor=${major} -X ${version}.gitMinor=${minor}`;
  const output = new BuildOutput();
  // Go's own scratch files, over a gigabyte, stay away from a small /tmp and go with the entry if we are killed.
  const scratch = join(into, 'tmp');
  await mkdir(scratch);
  const compiler = await startTethered(
    go,
    ['build', '-v', '-mod=readonly', '-trimpath', '-o', join(into, BINARY), '-ldflags', ldflags, '.'],
    {
      cwd: folder,
      env: { ...process.env, GOWORK: 'off', GOTMPDIR: scratch },
      output: (text) => output.add(text),
    },
  );
  const tick = setInterval(
    () => progress.update(`building Kubernetes ${KUBERNETES_VERSION} with Go (once, some minutes): ${output.doing()}`),
    TICK_MS,
  );
  const code = await compiler.ended.finally(() => clearInterval(tick));
  if (code !== 0) throw new Error(`go build failed (${code}):\n${output.tail()}`);
  await rm(scratch, { recursive: true, force: true });
  for (const name of COMPONENTS) await symlink(BINARY, join(into, name));
}
