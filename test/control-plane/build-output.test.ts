import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BuildOutput } from './build-output.ts';

function after(text: string): BuildOutput {
  const output = new BuildOutput();
  output.add(text);
  return output;
}

test('what is going on is told from the last line', () => {
  expect(after('').doing()).toBe('nothing compiled so far');
  expect(after('go: downloading k8s.io/api v0.35.4\n').doing()).toBe('1 modules downloaded, now k8s.io/api v0.35.4');
  expect(after('errors\nk8s.io/api/core/v1\n').doing()).toBe('2 packages compiled, now k8s.io/api/core/v1');
  expect(after('errors\njanus/control-plane\n').doing()).toBe('2 packages compiled, now linking');
});

test('the tail is what is no progress, also without a line end', () => {
  expect(after('errors\ngo: downloading a v1\n# pkg\nx.go:1: bad thing').tail()).toBe('      # pkg\n      x.go:1: bad thing');
});

test('how the text is cut into pieces makes no difference', () => {
  const line = fc.constantFrom('errors', 'go: downloading a v1.0.0', 'k8s.io/api/core/v1', 'x.go:1: bad thing', '');
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), fc.array(fc.nat(200)), (lines, cuts) => {
      const text = lines.map((each) => `${each}\n`).join('');
      const pieces = new BuildOutput();
      let from = 0;
      for (const to of [...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length]) {
        pieces.add(text.slice(from, to));
        from = to;
      }
      expect([pieces.doing(), pieces.tail()]).toEqual([after(text).doing(), after(text).tail()]);
    }),
  );
});
