import { mkdtemp, rename, rm, symlink, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { certificateDirectory } from '../../src/admission/certificate-directory.ts';
import type { CertificateBundle, CertificateSource } from '../../src/admission/certificate-source.ts';
import type { Signed } from './serving.ts';
import { selfSigned } from './serving.ts';

let first: Signed;
let second: Signed;
let directory: string;
let source: CertificateSource | undefined;

beforeAll(async () => {
  [first, second] = await Promise.all([selfSigned(), selfSigned()]);
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certificates-'));
});
afterEach(async () => {
  source?.stop();
  await rm(directory, { recursive: true });
});

/** Swaps the whole content at once by a symbolic link, as the kubelet does. */
async function mount(generation: string, parts: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(directory, generation));
  for (const [name, text] of Object.entries(parts)) await writeFile(join(directory, generation, name), text);
  await symlink(generation, join(directory, '..data_tmp'));
  await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  for (const name of Object.keys(parts)) await symlink(join('..data', name), join(directory, name)).catch(() => undefined);
}

const partsOf = ({ serving, authorities }: Signed): Record<string, string> => ({
  'tls.crt': serving.certificate,
  'tls.key': serving.privateKey,
  'ca.crt': authorities,
});

/** The source, and promises for what it tells next. */
async function open(): Promise<{ changed: () => Promise<CertificateBundle>; problem: () => Promise<string> }> {
  let tellChange = (_bundle: CertificateBundle): void => undefined;
  let tellProblem = (_message: string): void => undefined;
  source = await certificateDirectory({ directory, intervalMs: 5, onProblem: (message) => tellProblem(message) });
  source.onChange((bundle) => tellChange(bundle));
  return {
    changed: () => new Promise((resolve) => (tellChange = resolve)),
    problem: () => new Promise((resolve) => (tellProblem = resolve)),
  };
}

describe('a directory of certificates', () => {
  test('gives the pair and its authority', async () => {
    await mount('1', partsOf(first));
    await open();
    expect(source?.current()).toEqual({ serving: first.serving, authorities: first.authorities });
  });

  test('may lack the authority', async () => {
    const { 'ca.crt': _, ...parts } = partsOf(first);
    await mount('1', parts);
    await open();
    expect(source?.current()).toEqual({ serving: first.serving });
  });

  test('is read again when its content is swapped', async () => {
    await mount('1', partsOf(first));
    const { changed } = await open();
    const change = changed();
    await mount('2', partsOf(second));
    expect((await change).serving).toEqual(second.serving);
    await expect.poll(() => source?.current().serving).toEqual(second.serving);
  });

  test.each([
    ['a key of another certificate', () => ({ ...partsOf(first), 'tls.key': second.serving.privateKey }), 'is not the private key'],
    ['half a certificate', () => ({ ...partsOf(first), 'tls.crt': first.serving.certificate.slice(0, 200) }), 'are not a PEM certificate'],
    ['an empty key', () => ({ ...partsOf(first), 'tls.key': '' }), 'are not a PEM certificate'],
  ])('with %s leaves the old pair serving and says so, until it is right again', async (_what, broken, words) => {
    await mount('1', partsOf(first));
    const { changed, problem } = await open();
    const trouble = problem();
    await mount('2', broken());
    expect(await trouble).toContain(words);
    expect(source?.current().serving).toEqual(first.serving);
    const change = changed();
    await mount('3', partsOf(second));
    expect((await change).serving).toEqual(second.serving);
  });

  test('whose files vanish leaves the old pair serving and says so', async () => {
    await mount('1', partsOf(first));
    const { problem } = await open();
    const trouble = problem();
    await rm(join(directory, '..data'));
    expect(await trouble).toMatch(/tls\.(crt|key) cannot be read \(ENOENT\)/);
    expect(source?.current().serving).toEqual(first.serving);
  });

  test('whose new pair the server refuses is tried again', async () => {
    await mount('1', partsOf(first));
    const { problem } = await open();
    let refused = 0;
    source?.onChange(() => {
      refused += 1;
      if (refused === 1) throw new Error('not now');
    });
    const trouble = problem();
    await mount('2', partsOf(second));
    expect(await trouble).toBe('not now');
    await expect.poll(() => source?.current().serving).toEqual(second.serving);
    expect(refused).toBe(2);
  });

  test('that has no usable pair at first is an error in plain words', async () => {
    await expect(certificateDirectory({ directory, onProblem: () => undefined })).rejects.toThrow('is the Secret of the webhook');
    await mount('1', { ...partsOf(first), 'tls.key': second.serving.privateKey });
    await expect(certificateDirectory({ directory, onProblem: () => undefined })).rejects.toThrow('is not the private key of tls.crt');
  });

  test('never shows key material in its words', async () => {
    await mount('1', { ...partsOf(first), 'tls.crt': 'x' });
    await expect(certificateDirectory({ directory, onProblem: () => undefined })).rejects.not.toThrow('PRIVATE');
  });
});
