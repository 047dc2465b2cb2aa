import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { EnforcementTerms, termOf } from '../../src/admission/enforcement-terms.ts';
import type { WebhookConfiguration } from '../../src/admission/webhook-configuration.ts';

let terms: EnforcementTerms;
let version = 0;
beforeEach(() => {
  terms = new EnforcementTerms(['v', 'm']);
  terms.see('v', seen('a', 1), true);
  terms.see('m', seen('b', 1), true);
  terms.begin();
});

function seen(uid: string, generation: number, resourceVersion = ++version): WebhookConfiguration {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { uid, generation, resourceVersion: String(resourceVersion) },
    webhooks: [],
  };
}

describe('a stretch of time in which locks were enforced', () => {
  test('goes on over changes of metadata, and over changes that are right and follow each other', () => {
    const term = terms.current();
    expect([terms.see('v', seen('a', 1), true), terms.see('v', seen('a', 2), true), terms.see('m', seen('b', 2), true)]).toEqual([
      'unbroken',
      'unbroken',
      'unbroken',
    ]);
    expect(terms.current()).not.toBe(term);
    expect([terms.unbroken(term), terms.unbroken(terms.current())]).toEqual([true, true]);
  });

  test.each([
    ['one is gone', undefined, false, 'wrong'],
    ['one is wrong', seen('a', 2), false, 'wrong'],
    ['one was made anew', seen('other', 1), true, 'back'],
    ['a state in between was not seen', seen('a', 3), true, 'back'],
  ] as const)('ends where %s', (_what, live, right, sighting) => {
    const term = terms.current();
    const now = live === undefined ? undefined : seen(live.metadata.uid ?? '', live.metadata.generation ?? 0);
    expect(terms.see('v', now, right)).toBe(sighting);
    terms.begin();
    expect(terms.unbroken(term)).toBe(false);
  });

  test('is not disturbed by late news of an earlier state', () => {
    const late = seen('a', 1, 0);
    expect(terms.see('v', late, false)).toBe('stale');
    expect(terms.unbroken(terms.current())).toBe(true);
  });

  test('can be that of an earlier process, whose term is told by what it left', () => {
    const next = new EnforcementTerms(['v', 'm']);
    const [v, m] = [seen('a', 7), seen('b', 3)];
    for (const [name, live] of [
      ['v', v],
      ['m', m],
    ] as const)
      next.see(name, live, true);
    next.see('v', seen('a', 8), true);
    next.begin(termOf([v, m]));
    expect([next.unbroken('a/7 b/3'), next.unbroken('a/8 b/3'), next.unbroken('a/6 b/3'), next.unbroken(undefined)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

test('whatever is seen in whatever order, a term holds only if every state since was right and the next after the one before', () => {
  const state = fc.record({ step: fc.integer({ min: 0, max: 2 }), right: fc.boolean() });
  fc.assert(
    fc.property(fc.array(state, { maxLength: 20 }), (states) => {
      const one = new EnforcementTerms(['v']);
      one.see('v', seen('a', 1), true);
      one.begin();
      const term = one.current();
      let generation = 1;
      let sound = true;
      let wasRight = true;
      for (const { step, right } of states) {
        // Only a change of the webhooks makes right of wrong, and each has a generation of its own.
        const steps = right && wasRight ? step : step + 1;
        generation += steps;
        sound &&= right && steps <= 1;
        wasRight = right;
        one.see('v', seen('a', generation), right);
        if (one.allRight && one.lasting() === undefined) one.begin();
        expect(one.unbroken(term)).toBe(sound);
      }
    }),
  );
});
