import { parseArgs } from 'node:util';
import { differencesOf, faultsOf } from './judge.ts';
import { everyNth, pointsOf } from './points.ts';
import { bootKilling, type Outcome, type Reference } from './run.ts';
import { SCENARIOS } from './scenarios.ts';
import { wordsOf } from './words.ts';

/** How many transactions die in one process. */
const IN_ONE = 64;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    every: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    calls: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const scenarios = SCENARIOS.filter(({ name }) => values.only === undefined || name.includes(values.only));
const killing = await bootKilling();
try {
  const begun = performance.now();
  const references = await killing.references(scenarios);
  const referenceOf = new Map(references.map((reference) => [reference.scenario, reference]));
  for (const reference of references) {
    const faults = faultsOf(reference);
    if (faults.length > 0) throw new Error(`undisturbed, "${reference.scenario.name}" is wrong already: ${faults.join('; ')}`);
  }
  const all = references.flatMap((reference) => [...pointsOf(reference, 'writes'), ...(values.calls ? pointsOf(reference, 'calls') : [])]);
  const trials = everyNth(all, Number(values.every), Number(values.from));
  say(`${String(trials.length)} points of ${String(all.length)}`);
  const outcomes: Outcome[] = [];
  for (let at = 0; at < trials.length; at += IN_ONE) {
    const batch = await killing.kill(trials.slice(at, at + IN_ONE));
    outcomes.push(...batch);
    for (const outcome of batch) tell(outcome, referenceOf.get(outcome.scenario)!);
    process.stderr.write(`${String(outcomes.length)} of ${String(trials.length)}, ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
  }
  table(references, outcomes);
  say(`${String(outcomes.length)} in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
} finally {
  await killing.stop();
  // The dead hold timers for as long as their transactions might have taken.
  setTimeout(() => process.exit(), 0);
}

function tell(outcome: Outcome, reference: Reference): void {
  const differences = differencesOf(outcome, reference);
  if (differences.length === 0) return;
  process.exitCode = 1;
  say(`\n${wordsOf(outcome)}`);
  for (const difference of differences.slice(0, 12)) say(`  ${difference}`);
}

function table(references: readonly Reference[], outcomes: readonly Outcome[]): void {
  say(`| scenario | writes | points | survived | extra writes, at most |`);
  for (const reference of references) {
    const own = outcomes.filter(({ scenario, died }) => scenario === reference.scenario && died !== undefined);
    const survived = own.filter((outcome) => differencesOf(outcome, reference).length === 0);
    const extra = Math.max(0, ...own.map(({ writes }) => writes - reference.writes));
    say(
      `| ${reference.scenario.name} | ${String(reference.writes)} | ${String(own.length)} | ${String(survived.length)} | ${String(extra)} |`,
    );
  }
}
