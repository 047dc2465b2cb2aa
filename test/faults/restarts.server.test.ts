import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../janus/objects.ts';
import type { Operator } from '../janus/running.ts';
import { diskOf } from './disk.ts';
import { stateDifferencesOf } from './judge.ts';
import { bootKilling, type Disturbance, type Killing, type Reference } from './run.ts';
import { SCENARIOS } from './scenarios.ts';

let killing: Killing;
let references: readonly Reference[];

beforeAll(async () => {
  killing = await bootKilling();
  references = await killing.references(SCENARIOS);
});
afterAll(() => killing?.stop());

/** What differs when something happens once this share of all writes has been sent. */
async function differencesAfter(share: number, happens: Disturbance['happens']): Promise<readonly string[]> {
  const writes = references.reduce((sum, reference) => sum + reference.writes, 0);
  const outcomes = await killing.disturbed(SCENARIOS, { afterWrites: Math.round(writes * share), happens });
  return outcomes.flatMap((outcome) => {
    const reference = references.find(({ scenario }) => scenario === outcome.scenario)!;
    const differences = stateDifferencesOf(outcome, reference);
    return differences.length === 0 ? [] : [[`"${outcome.scenario.name}"`, ...differences].join('\n  ')];
  });
}

describe('every reference transaction ends as if nothing had been,', () => {
  for (const share of [0.2, 0.6]) {
    test(`when the API server dies and is started again after ${String(share * 100)} % of the writes`, async () => {
      expect(await differencesAfter(share, () => killing.cluster.controlPlane.restartApiServer())).toEqual([]);
    });

    test(`when etcd dies and is started again after ${String(share * 100)} % of the writes`, async () => {
      const { stopEtcd, startEtcd } = killing.cluster.controlPlane;
      const happens = async (): Promise<void> => {
        await stopEtcd();
        await startEtcd();
      };
      expect(await differencesAfter(share, happens)).toEqual([]);
    });
  }

  test('when etcd has no space left for so long that Janus cannot even renew its Lease, and then has again', async () => {
    const disk = await diskOf(killing.cluster.controlPlane.etcd);
    const happens = async (operator: Operator): Promise<void> => {
      await disk.fill();
      await eventually('it leads no longer', () => Promise.resolve(!operator.leading()));
      await disk.free();
    };
    expect(await differencesAfter(0.5, happens)).toEqual([]);
  });
});
