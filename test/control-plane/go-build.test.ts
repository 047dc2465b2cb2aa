import { readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fromGoBuild, unusableGo, type GoBuild } from './go-build.ts';
import { untilNoneMentions } from './processes.ts';
import { executableAt, scratchFolder } from './scratch.ts';

const progress = { update: (): void => undefined, end: (): void => undefined };

/** A `go` that knows its version, and "builds" what the script says; `$OUT` is the file to make, `$HERE` a folder for its notes. */
async function fakeGo(build: string, version = 'go1.26.0\nauto'): Promise<GoBuild & { readonly notes: string }> {
  const notes = await scratchFolder();
  const go = await executableAt(
    join(notes, 'go'),
    `#!/bin/sh
HERE=${notes}
if [ "$1" = env ]; then printf '%s\\n' '${version.replace('\n', "' '")}'; exit; fi
echo "$@" >>"$HERE/calls"
while [ "$1" != -o ]; do shift; done
OUT=$2
${build}
`,
  );
  return { folder: notes, entry: join(await scratchFolder(), 'entry'), progress, go, notes };
}

const WORKS = `echo k8s.io/kubernetes/pkg/apis/core >&2; printf '#!/bin/sh\\necho "$0"\\n' >"$OUT"; chmod +x "$OUT"`;

describe('building with Go', () => {
  test('makes every component from one executable', async () => {
    const build = await fakeGo(WORKS);
    const at = (name: string): string => join(build.entry, name);
    expect(await fromGoBuild(build)).toEqual({
      binaries: {
        etcd: at('etcd'),
        apiServer: at('kube-apiserver'),
        controllerManager: at('kube-controller-manager'),
        kubectl: at('kubectl'),
      },
    });
    expect((await readdir(build.entry)).sort()).toEqual(['control-plane', 'etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']);
  });

  test('is told the version that the binaries shall report, and to change no pinned module', async () => {
    const build = await fakeGo(WORKS);
    await fromGoBuild(build);
    const calls = await readFile(join(build.notes, 'calls'), 'utf8');
    expect(calls).toContain('build -v -mod=readonly -trimpath -o ');
    expect(calls).toContain('-X k8s.io/component-base/version.gitVersion=v1.35.4');
    expect(calls).toContain('-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=35 .');
  });

  test('happens once when several need it at once', async () => {
    const build = await fakeGo(WORKS);
    const offers = await Promise.all([fromGoBuild(build), fromGoBuild(build), fromGoBuild(build)]);
    for (const offer of offers) expect(offer).toHaveProperty('binaries');
    expect((await readFile(join(build.notes, 'calls'), 'utf8')).trim().split('\n')).toHaveLength(1);
  });

  test('says what Go said when it fails, and leaves nothing', async () => {
    const build = await fakeGo(`echo 'go: downloading a v1' >&2; echo 'main.go:3: proxy: no such host' >&2; exit 1`);
    expect(await fromGoBuild(build)).toEqual({ missing: 'go build failed (1):\n      main.go:3: proxy: no such host' });
    expect(await readdir(dirname(build.entry))).toEqual([]);
  });

  test('ends with what it started', async () => {
    const build = await fakeGo(
      `sh -c 'echo left >"$0"; sleep 300' "$HERE/left" & while [ ! -f "$HERE/left" ]; do sleep 0.01; done; ${WORKS}`,
    );
    expect(await fromGoBuild(build)).toHaveProperty('binaries');
    await untilNoneMentions(join(build.notes, 'left'));
  });

  test('shows that it goes on', async () => {
    const shown: string[] = [];
    let ended = 0;
    const build = await fakeGo(`echo k8s.io/api/core/v1 >&2; while [ ! -f "$HERE/enough" ]; do sleep 0.02; done; ${WORKS}`);
    const update = (what: string): void => {
      shown.push(what);
      if (what.includes('k8s.io/api/core/v1')) void writeFile(join(build.notes, 'enough'), '');
    };
    await fromGoBuild({ ...build, progress: { update, end: () => (ended += 1) } });
    expect(shown.at(-1)).toBe('building Kubernetes v1.35.4 with Go (once, some minutes): 1 packages compiled, now k8s.io/api/core/v1');
    expect(ended).toBe(1);
  });

  test('is not tried without Go', async () => {
    const build = { ...(await fakeGo(WORKS)), go: 'no-such-go' };
    expect(await fromGoBuild(build)).toEqual({ missing: 'Go is not installed' });
  });

  test('is not tried with a Go that is too old', async () => {
    const build = await fakeGo(WORKS, 'go1.19.2\n');
    expect(await fromGoBuild(build)).toEqual({ missing: 'Go is too old (go1.19.2), 1.26 or newer is needed' });
  });
});

describe('which Go will do', () => {
  test.each([
    ['go1.26', 'auto', undefined],
    ['go1.26.8', 'local', undefined],
    ['go1.30.1', '', undefined],
    ['go2.0', 'local', undefined],
    ['go1.21.0', 'auto', undefined],
    ['go1.25.4', 'local', 'Go is too old (go1.25.4) and may not fetch a newer one (GOTOOLCHAIN=local), 1.26 or newer is needed'],
    ['go1.20', 'auto', 'Go is too old (go1.20), 1.26 or newer is needed'],
    ['devel', '', 'Go is too old (devel), 1.26 or newer is needed'],
  ])('%s with toolchain %s', (version, toolchain, expected) => {
    expect(unusableGo(version, toolchain)).toBe(expected);
  });
});
