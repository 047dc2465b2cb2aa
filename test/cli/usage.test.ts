import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { createProgram } from '../../src/cli/program.ts';
import { BIN_FOLDER, runJanus } from './janus.ts';

/** A kubeconfig that leads nowhere: port 1 refuses connections. */
const folder = mkdtempSync(join(tmpdir(), 'janus-usage-'));
const UNREACHABLE = join(folder, 'config');
writeFileSync(
  UNREACHABLE,
  'apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]\nusers: [{name: u, user: {token: t}}]\n',
);

/** Verbs of the Go original: they end with 0 or 1. */
const OLD = new Set(['create', 'add', 'seal', 'recover']);

/** Runs with arguments that cannot work, and returns the one sentence. */
async function complaintOf(...args: readonly string[]): Promise<string> {
  const { code, stderr, stdout } = await runJanus(args, { env: { KUBECONFIG: UNREACHABLE } });
  expect({ code, stdout }).toEqual({ code: args[0] !== undefined && OLD.has(args[0]) ? 1 : 2, stdout: '' });
  expect(stderr).toMatch(/^Error: .+\n$/);
  expect(stderr).not.toMatch(/\n {4}at /);
  return stderr.slice('Error: '.length).trimEnd();
}

describe('help', () => {
  test('lists every command on stdout and exits with 0', async () => {
    const { code, stderr, stdout } = await runJanus(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of ['create', 'add', 'seal', 'recover', 'operator', 'version'])
      expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  });

  test('goes to stderr and exits with 2 where no command is given', async () => {
    const { code, stderr, stdout } = await runJanus([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: janus/);
  });

  test.each(['create', 'add', 'seal', 'recover plan', 'recover apply', 'operator'])(
    'for %s shows its flags and the global ones',
    async (command) => {
      const { code, stdout } = await runJanus([...command.split(' '), '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: janus ${command}`));
      for (const flag of ['--namespace', '--kubeconfig', '--context']) expect(stdout).toContain(flag);
    },
  );

  test.each([[['--version']], [['version', '--client']]])('%j prints the version of the package, and asks no cluster', async (args) => {
    expect(await runJanus(args)).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });
});

describe('arguments in error', () => {
  test.each([
    [['creat'], 'Unknown command \'creat\' (did you mean create?): "janus --help" shows what it takes.'],
    [['create', 'a', '--saa', 'x'], 'Unknown option \'--saa\' (did you mean --sa?): "janus create --help" shows what it takes.'],
    [['recover', 'aply', 't'], 'Unknown command \'aply\' (did you mean apply?): "janus recover --help" shows what it takes.'],
    [['seal'], 'Missing required argument \'TXN\': "janus seal --help" shows what it takes.'],
    [['seal', 'a', 'b'], 'Too many arguments for \'seal\'. Expected 1 argument but got 2: "janus seal --help" shows what it takes.'],
    [['create', 'a', '--sa'], 'Option \'--sa <SA>\' argument missing: "janus create --help" shows what it takes.'],
    [['create', 'a'], '--sa is missing: name the ServiceAccount that the changes are to be made as.'],
    [['create', '--sa', 'x'], 'The Transaction has no name: run "janus create NAME --sa SA" or "janus create -g PREFIX --sa SA".'],
    [['create', 'a', '-g', 'b-', '--sa', 'x'], 'A name and --generate-name are given: leave out one of them.'],
    [
      ['create', 'a', '--sa', 'x', '--on-conflict', 'wait'],
      '--on-conflict must be Wait or Fail, and "wait" is none of them. Did you mean Wait?',
    ],
    [
      ['create', 'a', '--sa', 'x', '-n', 'A'],
      '-n is "A", and must consist of lower-case letters, digits and -, and begin and end with a letter or digit.',
    ],
    [['add', 't', '--target', 'cm/a'], '--type is missing: say whether to Create, Update, Patch, Delete the object.'],
    [['add', 't', '--type', 'Patch'], '--target is missing: name the object as Kind/Name, for example ConfigMap/settings.'],
    [
      ['add', 't', '--type', 'Patch', '--target', 'cm/a', '--order', 'first'],
      '--order must be a whole number from -2147483648 to 2147483647, and "first" is not.',
    ],
    [
      ['add', 't', '--type', 'Patch', '--target', 'cm/a', '-f', '/nowhere/at/all'],
      'Cannot read /nowhere/at/all: there is no such file: check the path given with -f.',
    ],
    [['add', 't', '--type', 'Patch', '--target', 'cm/a', '-f', '-'], 'There is nothing in stdin: write the content into it.'],
    [['recover', 'apply', 't', '--force=perhaps'], 'Unknown option \'--force=perhaps\': "janus recover apply --help" shows what it takes.'],
    [['operator', '--metrics-port', 'x'], '--metrics-port must be a whole number from 0 to 65535, and "x" is not.'],
  ])('%j get one sentence', async (args, sentence) => {
    expect(await complaintOf(...args)).toBe(sentence);
  });

  test('leave a broken file named by line and column', async () => {
    const file = join(folder, 'broken.yaml');
    writeFileSync(file, 'data:\n  a: "b\n');
    expect(await complaintOf('add', 't', '--type', 'Patch', '--target', 'cm/a', '-f', file)).toMatch(
      /broken\.yaml:\d+:\d+: this is not valid YAML: .+\.$/,
    );
  });

  test('leave a file that is not text named as such', async () => {
    const file = join(folder, 'image');
    writeFileSync(file, Buffer.from([0x89, 0x50, 0xff, 0xfe]));
    expect(await complaintOf('add', 't', '--type', 'Patch', '--target', 'cm/a', '-f', file)).toContain('is not text in UTF-8');
  });
});

describe('without a cluster', () => {
  test('a server that cannot be reached is named, and nothing hangs', async () => {
    expect(await complaintOf('seal', 't')).toMatch(/^The API server cannot be reached: .*127\.0\.0\.1:1.* Check that the cluster runs/);
  });

  test('a missing kubeconfig is named', async () => {
    expect(await complaintOf('seal', 't', '--kubeconfig', join(folder, 'none'))).toMatch(
      /^Cannot read the kubeconfig .*none: it does not exist\.$/,
    );
  });

  test('no kubeconfig at all is said with where it was looked for', async () => {
    const { code, stderr } = await runJanus(['seal', 't'], { env: { HOME: folder } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: No cluster configured: .*\.kube.config does not exist.* Set KUBECONFIG or pass --kubeconfig\.\n$/);
  });

  test('an unknown context is named', async () => {
    expect(await complaintOf('seal', 't', '--context', 'prod')).toContain('prod');
  });
});

test('Colour appears only where it is asked for', async () => {
  const plain = await runJanus(['seal']);
  const forced = await runJanus(['seal'], { env: { FORCE_COLOR: '1' } });
  const refused = await runJanus(['seal'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
  expect(plain.stderr).not.toContain('\u001b[');
  expect(forced.stderr).toContain('\u001b[31mError:');
  expect(refused.stderr).toBe(plain.stderr);
});

describe('every command', () => {
  const leaves = (command: Command): readonly Command[] => (command.commands.length === 0 ? [command] : command.commands.flatMap(leaves));
  const pathOf = (command: Command): string => (command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`);

  test.each(leaves(createProgram('janus')).map((command) => [pathOf(command), command] as const))(
    '%s says what it does, with an example',
    (path, command) => {
      expect(command.summary()).not.toBe('');
      expect(command.description()).toMatch(new RegExp(`^ {2}(source <\\(|TXN=\\$\\()?${path}\\b`, 'm'));
    },
  );
});

describe('as a plugin of kubectl', () => {
  const plugin = (...args: readonly string[]) => runJanus(args, { bin: 'kubectl-janus' });

  test('help and complaints say what is typed then', async () => {
    const help = await plugin('rollback', '--help');
    expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('  kubectl janus rollback move-db -n shop --wait')]);
    expect(help.stdout).toMatch(/^Usage: kubectl janus rollback/);
    expect(await plugin('rollback')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Error: Missing required argument \'TXN\': "kubectl janus rollback --help" shows what it takes.\n',
    });
  });
});

describe('completion', () => {
  test.each(['server', 'kubeconfig'])('offers nothing, in silence, where there is no %s', async (what) => {
    const env = { KUBECONFIG: what === 'kubeconfig' ? join(folder, 'none') : UNREACHABLE };
    expect(await runJanus(['__complete', 'status', ''], { env })).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('offers contexts of the kubeconfig', async () => {
    expect((await runJanus(['__complete', 'list', '--context', ''], { env: { KUBECONFIG: UNREACHABLE } })).stdout).toBe('c\tcurrent\n');
  });

  test('of an unknown shell gets the nearest one', async () => {
    expect(await runJanus(['completion', 'bsh'])).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean bash or zsh?') });
  });

  test('in bash offers what begins with what is typed', async () => {
    const script = [
      'PATH="$1:$PATH"',
      'source <(janus completion bash)',
      'COMP_WORDS=(janus roll); COMP_CWORD=1; _janus; echo "${COMPREPLY[@]}"',
      'COMP_WORDS=(janus recover ""); COMP_CWORD=2; _janus; echo "${COMPREPLY[@]}"',
      'COMP_WORDS=(janus list --phase Com); COMP_CWORD=3; _janus; echo "${COMPREPLY[@]}"',
    ].join('\n');
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script, 'bash', BIN_FOLDER]);
    expect(stdout).toBe('rollback\nplan apply\nCommitting Committed\n');
  });
});

test('explain says what a word means, and offers the nearest where there is no such word', async () => {
  expect((await runJanus(['explain', 'fencing'])).stdout).toMatch(/^fencing: term\n {2}What makes late writes harmless/);
  expect(await runJanus(['explain', 'fencng'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'Error: Janus has no word "fencng". Did you mean fencing?\n',
  });
});
