import type { Contender, Started } from './contenders/contender.ts';
import { memoryOf } from './measure/memory.ts';
import type { Memory } from './measure/memory.ts';
import type { Appearance, Cell, Measurements } from './measurements.ts';
import { idleRevisionsPerSecond } from './measure/revisions.ts';
import { takeSample } from './measure/sample.ts';
import type { Sample } from './measure/sample.ts';
import { makeInitial, makeNamespace } from './site/namespace.ts';
import type { Site } from './site/site.ts';
import { runsOf } from './plan.ts';
import type { Plan } from './plan.ts';
import { costWithJanus, costWithoutJanus } from './workloads/webhook-cost.ts';
import type { WriteCost } from './workloads/webhook-cost.ts';
import type { Workload } from './workloads/job.ts';
import { patchN } from './workloads/patch-n.ts';

const IDLE_SECONDS = 10;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs the plan: one contender after the other, each with every workload it can do. One that breaks off spoils no other. */
export async function runPlan(site: Site, plan: Plan): Promise<Measurements> {
  const course: Course = { appearances: [], cells: [], webhookCost: [] };
  for (const contender of plan.contenders) {
    const { name, title } = contender;
    try {
      await runContender(site, plan, contender, course);
    } catch (error) {
      const missing = `broke off: ${error instanceof Error ? error.message : String(error)}`;
      say(`${title}: ${missing}`);
      course.appearances.push({ contender: name, title, missing });
    }
  }
  return course;
}

/** Measurements as they come in, so that those of a contender that breaks off are kept. */
interface Course {
  readonly appearances: Appearance[];
  readonly cells: Cell[];
  readonly webhookCost: WriteCost[];
  memory?: NonNullable<Measurements['memory']>;
}

async function runContender(site: Site, plan: Plan, contender: Contender, course: Course): Promise<void> {
  const { name, title } = contender;
  const looksAtCost = name === 'janus' && plan.webhookCost;
  if (looksAtCost) course.webhookCost.push(await costWithoutJanus(site.api, `bench-${site.id}-cost-without`));
  const started = await contender.start(site);
  if ('missing' in started) {
    say(`${title}: left out: ${started.missing}`);
    course.appearances.push({ contender: name, title, missing: started.missing });
    return;
  }
  try {
    const idlePerSecond = await warmUp(site, contender, started);
    await runWorkloads(site, plan, contender, started, course);
    if (looksAtCost) course.webhookCost.push(...(await costWithJanus(site.api, `bench-${site.id}-cost-with`, started)));
    course.appearances.push({ contender: name, title, note: started.note, idlePerSecond, ...(await memoryNow(started)) });
  } finally {
    await started.stop();
  }
  if (name !== 'janus' || plan.memoryItems === 0) return;
  const memory = await peakMemory(site, contender, plan.memoryItems);
  if (memory !== undefined) course.memory = memory;
}

async function runWorkloads(site: Site, plan: Plan, contender: Contender, started: Started, course: Course): Promise<void> {
  for (const workload of plan.workloads.filter((each) => plan.does(contender, each))) {
    const samples: Sample[] = [];
    // It stands there before its runs do, so that a run that breaks off does not take the earlier ones with it.
    course.cells.push({ contender: contender.name, workload: workload.name, title: workload.title, items: workload.items, samples });
    for (let run = 1; run <= runsOf(plan, contender, workload); run++) {
      const sample = await runOnce(site, contender, started, workload, `r${run}`);
      say(`${contender.title}: ${workload.title}: ${sample.outcome} in ${Math.round(sample.milliseconds)} ms`);
      samples.push(sample);
    }
  }
}

async function runOnce(site: Site, contender: Contender, started: Started, workload: Workload, run: string): Promise<Sample> {
  const namespace = `bench-${site.id}-${contender.name}-${workload.name}-${run}`;
  const job = workload.job(namespace);
  await makeNamespace(site.api, namespace);
  await makeInitial(site.api, job);
  const armed = await started.arm(job);
  return takeSample(site.api, { namespace, items: workload.items }, () => armed.fire());
}

// The first piece of work pays for connections, caches and compilation, for every contender; it is not counted.
async function warmUp(site: Site, contender: Contender, started: Started): Promise<number> {
  const first = await runOnce(site, contender, started, patchN(3), 'warm-up');
  say(
    `${contender.title}: warm-up: ${first.outcome} in ${Math.round(first.milliseconds)} ms${first.detail === undefined ? '' : `: ${first.detail}`}`,
  );
  return idleRevisionsPerSecond(site.api, IDLE_SECONDS);
}

async function peakMemory(site: Site, contender: Contender, items: number): Promise<Measurements['memory']> {
  const started = await contender.start(site);
  if ('missing' in started) return undefined;
  try {
    const sample = await runOnce(site, contender, started, patchN(items), 'memory');
    const { memory } = await memoryNow(started);
    say(`${contender.title}: ${items} items: ${sample.outcome} in ${Math.round(sample.milliseconds)} ms`);
    return memory === undefined ? undefined : { items, memory };
  } finally {
    await started.stop();
  }
}

async function memoryNow(started: Started): Promise<{ memory?: Memory }> {
  const memory = started.pid === undefined ? undefined : await memoryOf(started.pid);
  return memory === undefined ? {} : { memory };
}
