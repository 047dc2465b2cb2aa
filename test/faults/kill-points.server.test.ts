import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { differencesOf, faultsOf } from './judge.ts';
import { everyNth, pointsOf } from './points.ts';
import { bootKilling, type Killing, type Outcome, type Reference, type Trial } from './run.ts';
import { SCENARIOS } from './scenarios.ts';
import { wordsOf } from './words.ts';

/** Of all points, one in this many is tried here; `npm run test:faults` tries them all. */
const ONE_IN = 61;
/** Which: another share each time, and the same again with the number that was printed. */
const SEED = Number(process.env['FAULTS_SEED'] ?? Math.floor(Math.random() * ONE_IN));

let killing: Killing;
let references: readonly Reference[];

beforeAll(async () => {
  killing = await bootKilling();
  references = await killing.references(SCENARIOS);
});
afterAll(() => killing?.stop());

function whatDiffers(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap((outcome) => {
    const reference = references.find(({ scenario }) => scenario === outcome.scenario)!;
    const differences = differencesOf(outcome, reference);
    return differences.length === 0 ? [] : [[wordsOf(outcome), ...differences].join('\n  ')];
  });
}

function of(name: string, at: number, how: Trial['point']['how']): Trial {
  return { scenario: SCENARIOS.find((scenario) => scenario.name === name)!, point: { at, counting: 'writes', how } };
}

test('undisturbed, every reference transaction ends as it should', () => {
  expect(references.flatMap((reference) => faultsOf(reference).map((fault) => `${reference.scenario.name}: ${fault}`))).toEqual([]);
});

describe('an executor that is killed leaves what an undisturbed one leaves,', () => {
  test(`whichever write it is killed at: one point in ${String(ONE_IN)}, share ${String(SEED)} (FAULTS_SEED)`, async () => {
    const points = references.flatMap((reference) => pointsOf(reference, 'writes'));
    const outcomes = await killing.kill(everyNth(points, ONE_IN, SEED));
    expect(outcomes.filter(({ died }) => died !== undefined).length).toBeGreaterThan(outcomes.length / 2);
    expect(whatDiffers(outcomes)).toEqual([]);
  });

  test('at the points that have once shown a defect', async () => {
    const outcomes = await killing.kill([
      // What its own first change allows it was locked, and not on record yet: skipped, or deleted by a rollback.
      ...[7, 8, 9, 10, 11].map((at) => of('rights that its own first change gives', at, 'after')),
      ...[7, 8, 9, 10, 11].map((at) => of('rights that its own first change gives, failing', at, 'after')),
      // Its object was gone by its own Delete, and so its Patch failed.
      ...[6, 7, 8].map((at) => of('Patch, then Delete', at, 'after')),
      // It was said to be exact though the object was another.
      ...[10, 11, 12, 13].map((at) => of('Delete, failing', at, 'after')),
      // What had asked for the rollback stayed on.
      of('Patch, taken back on request', 6, 'before'),
      of('Patch, taken back on request', 10, 'after'),
    ]);
    expect(whatDiffers(outcomes)).toEqual([]);
  });
});
