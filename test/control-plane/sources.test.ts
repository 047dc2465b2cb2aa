import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planSources, type Needs } from './sources.ts';

const LINUX: Needs = {
  controllers: 'optional',
  assetsDir: '/assets',
  platform: 'linux-amd64',
  archivePlatforms: ['linux-amd64', 'darwin-arm64'],
};

const asked = (needs: Needs): readonly string[] =>
  planSources(needs)
    .filter((step) => step.skip === undefined)
    .map((step) => step.source);

describe('the order of the sources', () => {
  test('is what the user chose, what was got before, what downloads in seconds, what builds in minutes', () => {
    expect(asked(LINUX)).toEqual(['assets-dir', 'cache', 'envtest-archive', 'go-build']);
  });

  test('passes over the folder of the user when none is set', () => {
    expect(asked({ ...LINUX, assetsDir: undefined })).toEqual(['cache', 'envtest-archive', 'go-build']);
    expect(asked({ ...LINUX, assetsDir: '' })).toEqual(['cache', 'envtest-archive', 'go-build']);
  });

  test('does not download the archive for somebody who needs controllers, which it has none of', () => {
    expect(asked({ ...LINUX, controllers: 'required' })).toEqual(['assets-dir', 'cache', 'go-build']);
  });

  test('passes over the archive on a platform whose checksum is not pinned', () => {
    expect(asked({ ...LINUX, platform: 'linux-riscv64' })).toEqual(['assets-dir', 'cache', 'go-build']);
  });

  test('does not try to build on Windows, for which there is no API server', () => {
    expect(asked({ ...LINUX, platform: 'windows-amd64' })).toEqual(['assets-dir', 'cache']);
  });

  test('names all four whatever is needed, and says why for each that is passed over', () => {
    const needs = fc.record({
      controllers: fc.constantFrom('required' as const, 'optional' as const),
      assetsDir: fc.option(fc.string(), { nil: undefined }),
      platform: fc.constantFrom('linux-amd64', 'linux-arm64', 'darwin-arm64', 'windows-amd64', 'freebsd-amd64'),
      archivePlatforms: fc.subarray(['linux-amd64', 'linux-arm64', 'darwin-arm64']),
    });
    fc.assert(
      fc.property(needs, (some) => {
        const steps = planSources(some);
        expect(steps.map((step) => step.source)).toEqual(['assets-dir', 'cache', 'envtest-archive', 'go-build']);
        for (const { skip } of steps) expect(skip).not.toBe('');
        expect(steps.find((step) => step.source === 'cache')?.skip).toBeUndefined();
      }),
    );
  });
});
