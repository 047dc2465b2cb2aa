import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stateDifferencesOf } from './judge.ts';
import { bootKilling, type Killing, type Reference } from './run.ts';
import { SCENARIOS } from './scenarios.ts';
import { everyNthRequest, WEATHERS } from './weather.ts';

/** One request in this many is struck: no divisor of how many a scenario takes, so that each run of them is struck elsewhere. */
const ONE_IN = 7;

let killing: Killing;
let fair: readonly Reference[];

beforeAll(async () => {
  killing = await bootKilling();
  fair = await killing.references(SCENARIOS);
});
afterAll(() => killing?.stop());

describe(`an executor of whose requests one in ${String(ONE_IN)}`, () => {
  test.each(WEATHERS.map((weather) => [weather.name, weather] as const))(
    '%s: leaves what it leaves in fair weather',
    async (_name, weather) => {
      const strikes = everyNthRequest(ONE_IN, weather);
      const found = await killing.references(SCENARIOS, strikes.fault);
      expect(strikes.count()).toBeGreaterThan(SCENARIOS.length);
      const differences = found.flatMap((one, at) =>
        stateDifferencesOf(one, fair[at]!).map((difference) => `${one.scenario.name}: ${difference}`),
      );
      expect(differences).toEqual([]);
    },
  );
});
