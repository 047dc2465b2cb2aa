import { describe, expect, test } from 'vitest';
import { asTyped, invokedAs } from '../../src/cli/invoked-as.ts';

describe('the name of the command', () => {
  test.each([
    ['/usr/local/bin/janus', 'janus'],
    ['/usr/local/bin/kubectl-janus', 'kubectl janus'],
    ['C:\\bin\\janus', 'janus'],
    [undefined, 'janus'],
  ])('of %j is %j', (path, name) => expect(invokedAs(path ?? '')).toBe(name));

  test('is in examples and hints what a person types', () => {
    const words = '  janus list -A\n  TXN=$(janus create -g x-)\nSee "janus recover plan a". Janus and janus are words.';
    expect(asTyped(words, 'kubectl janus')).toBe(
      '  kubectl janus list -A\n  TXN=$(kubectl janus create -g x-)\nSee "kubectl janus recover plan a". Janus and janus are words.',
    );
    expect(asTyped(words, 'janus')).toBe(words);
  });
});
