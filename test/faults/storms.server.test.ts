import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWire } from './wire.ts';
import { stateDifferencesOf } from './judge.ts';
import { bootKilling, type Killing, type Reference } from './run.ts';
import { SCENARIOS } from './scenarios.ts';
import { answersLost, answersWrong, turnedAway, type Storm } from './storms.ts';

let killing: Killing;
let references: readonly Reference[];

beforeAll(async () => {
  killing = await bootKilling();
  references = await killing.references(SCENARIOS);
});
afterAll(() => killing?.stop());

const differencesUnder = async ({ fault }: Storm): Promise<readonly string[]> => differences(await killing.references(SCENARIOS, fault));

function differences(outcomes: readonly Reference[]): readonly string[] {
  return outcomes.flatMap((outcome) => {
    const reference = references.find(({ scenario }) => scenario === outcome.scenario)!;
    const found = stateDifferencesOf(outcome, reference);
    return found.length === 0 ? [] : [[`"${outcome.scenario.name}"`, ...found].join('\n  ')];
  });
}

describe('every reference transaction ends as if nothing had been,', () => {
  test('when the first answer to each of its writes is lost, though the write took effect', async () => {
    const storm = answersLost();
    expect(await differencesUnder(storm)).toEqual([]);
    expect(storm.struck()).toBeGreaterThan(references.reduce((sum, { writes }) => sum + writes, 0) / 2);
  });

  test('when each of its writes is first answered by a server that has not heard from etcd in time, though it took effect', async () => {
    const storm = answersWrong();
    expect(await differencesUnder(storm)).toEqual([]);
    expect(storm.struck()).toBeGreaterThan(references.reduce((sum, { writes }) => sum + writes, 0) / 2);
  });

  test('when the wire breaks in the midst of every seventh answer', async () => {
    const { kubeconfig, server, dir } = killing.cluster.controlPlane;
    const wire = await startWire(server);
    const another = join(dir, 'kubeconfig-by-wire');
    await writeFile(another, (await readFile(kubeconfig, 'utf8')).replaceAll(server, wire.server), { mode: 0o600 });
    const happens = (): void => wire.cutEvery(7);
    expect(differences(await killing.disturbed(SCENARIOS, { kubeconfig: another, afterWrites: 1, happens }))).toEqual([]);
    expect(wire.cut()).toBeGreaterThan(references.length);
    await wire.close();
  });

  test('when each of its requests is first turned away, with 429 and Retry-After, 500, 502, 503 or 504', async () => {
    const storm = turnedAway();
    expect(await differencesUnder(storm)).toEqual([]);
    expect(storm.struck()).toBeGreaterThan(references.reduce((sum, { calls }) => sum + calls, 0) / 2);
  });
});
