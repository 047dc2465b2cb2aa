import type { Phase, Transaction } from '../../src/api/transaction.ts';
import { LEASE_CLEANUP_FINALIZER } from '../../src/api/group.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { clusterConfigFromToken } from '../../src/kube/config.ts';
import { inParallel, valuesOf } from '../../src/kube/limit.ts';
import { createTransport, type Transport } from '../../src/kube/transport.ts';
import { ownToken } from '../../src/operator/dev-installation.ts';
import { installGates } from '../janus/holding.ts';
import { bootCluster, type Cluster, type Fault } from '../janus/running.ts';
import { annotate, draft, makeNamespace, refOf, seal } from '../janus/transacting.ts';
import { followTransactions, type News } from './news.ts';
import { refuseByPolicy } from './policy.ts';
import type { Scenario } from './scenarios.ts';
import { endStateOf, objectsOf, type EndState, type Objects } from './state.ts';
import { describeCall, Victims, type KillPoint, type Victim } from './victim.ts';

/** Settings under which a Create whose answer was lost need not be waited for long. */
export const ENV = { JANUS_REQUEST_TIMEOUT_MS: '2000', JANUS_GRANT_LIFE_SECONDS: '1' };

/** How many transactions are prepared, sealed and looked at at once. */
const AT_ONCE = 12;
/** Until a transaction that does not end counts as lost; milliseconds. */
const LOST_MS = 45_000;

/** One death of one scenario's executor. */
export interface Trial {
  readonly scenario: Scenario;
  readonly point: KillPoint;
}

/** What came of it. */
export interface Outcome extends Trial {
  /** What the process was about when it died; absent where the transaction ended before its kill point came. */
  readonly died: string | undefined;
  readonly namespace: string;
  readonly state: EndState;
  /** What the objects were, and are: to the letter, uids and all. */
  readonly before: Objects;
  readonly after: Objects;
  /** How often anything was stored, by the dead process and by its successor. */
  readonly writes: number;
  /** All it was asked, reads and dry runs too. */
  readonly calls: number;
  /** How a call that landed late was answered. */
  readonly landed: number | string | undefined;
}

/** A scenario that ran to its end undisturbed. */
export type Reference = Pick<Outcome, 'scenario' | 'namespace' | 'state' | 'before' | 'after' | 'writes' | 'calls'>;

/** A control plane on which transactions are killed by the dozen. */
export interface Killing {
  readonly cluster: Cluster;
  /** Runs each scenario to its end in one process, undisturbed or under a fault. */
  references(scenarios: readonly Scenario[], fault?: Fault): Promise<readonly Reference[]>;
  /** Lets each trial die in one process, all at points of their own, and go on in the next. */
  kill(trials: readonly Trial[]): Promise<readonly Outcome[]>;
  stop(): Promise<void>;
}

interface Going {
  readonly trial: Trial;
  readonly transaction: Transaction;
  readonly victim: Victim;
  readonly before: Objects;
}

const NEVER: KillPoint = { at: 0, counting: 'writes', how: 'before' };

/** Boots a control plane with what the scenarios need. */
export async function bootKilling(): Promise<Killing> {
  const cluster = await bootCluster();
  const { admin } = cluster;
  await Promise.all([installGates(admin), refuseByPolicy(admin)]);
  // What installs Janus also makes its ServiceAccount, as which late calls land.
  await (await cluster.start({ env: ENV })).stop();
  const late = await transportOfJanus(cluster);
  const news = await followTransactions(cluster);
  const run = (trials: readonly Trial[], fault?: Fault): Promise<readonly Outcome[]> => runTogether(cluster, news, late, trials, fault);
  return {
    cluster,
    references: (scenarios, fault) =>
      run(
        scenarios.map((scenario) => ({ scenario, point: NEVER })),
        fault,
      ),
    kill: (trials) => run(trials),
    stop: async () => {
      await news.stop();
      await late.close();
      await cluster.stop();
    },
  };
}

async function runTogether(
  cluster: Cluster,
  news: News,
  late: Transport,
  trials: readonly Trial[],
  fault: Fault = (request, send) => send(request),
): Promise<readonly Outcome[]> {
  const victims = new Victims((request) => late.send(request));
  const first = await cluster.start({ env: ENV, fault: (request, send) => victims.fault(request, (passed) => fault(passed, send)) });
  const going = valuesOf(await inParallel(trials, AT_ONCE, (trial) => begin(cluster.admin, news, victims, trial)));
  await first.crash();
  for (const { victim } of going) victim.revive();
  const second = await cluster.start({ env: ENV, fault: victims.fault });
  const outcomes = valuesOf(await inParallel(going, going.length, (one) => end(cluster.admin, news, one)));
  await second.stop();
  return outcomes;
}

/** From draft to death, or to its end where its kill point never comes. */
async function begin(admin: KubeClient, news: News, victims: Victims, trial: Trial): Promise<Going> {
  const { scenario, point } = trial;
  const namespace = await makeNamespace(admin);
  await scenario.prepare(admin, namespace);
  const before = await objectsOf(admin, namespace);
  const transaction = await draft(admin, namespace, scenario.changes(namespace), scenario.spec);
  const victim = victims.add(transaction);
  if (scenario.ask === undefined) {
    victim.condemn(point);
    await seal(admin, transaction);
  } else {
    await seal(admin, transaction);
    await news.until(transaction, (now) => rests(now, 'Committed'), LOST_MS).catch(() => undefined);
    victim.condemn(point);
    await annotate(admin, transaction, scenario.ask);
  }
  await Promise.race([victim.died, untilEnd(news, trial, transaction)]);
  return { trial, transaction, victim, before };
}

async function end(admin: KubeClient, news: News, { trial, transaction, victim, before }: Going): Promise<Outcome> {
  await untilEnd(news, trial, transaction);
  await victim.land();
  const { namespace = '' } = transaction.metadata;
  return {
    ...trial,
    namespace,
    died: victim.last === undefined ? undefined : describeCall(victim.last),
    state: await endStateOf(admin, await admin.get<Transaction>(refOf(transaction))),
    before,
    after: await objectsOf(admin, namespace),
    writes: victim.writes.length,
    calls: victim.calls.length,
    landed: victim.landed,
  };
}

/** An end that is not the scenario's is an outcome too, and seen by comparison: but only once it does not change any more. */
async function untilEnd(news: News, { scenario }: Trial, transaction: Transaction): Promise<void> {
  const { ask, ends } = scenario;
  const answered = (now: Transaction): boolean => ask === undefined || !(ask in (now.metadata.annotations ?? {}));
  await news.until(transaction, (now) => rests(now, ends) && answered(now), LOST_MS).catch(() => undefined);
}

function rests({ status, metadata }: Transaction, phase: Phase): boolean {
  return status?.phase === phase && metadata.finalizers?.includes(LEASE_CLEANUP_FINALIZER) !== true;
}

/** Speaks as Janus's own ServiceAccount, whichever of its processes live. */
async function transportOfJanus({ transport: { config }, admin }: Cluster): Promise<Transport> {
  const { server, ca } = config;
  const token = await ownToken(admin, 'janus-system');
  return createTransport(clusterConfigFromToken({ server, ...(ca === undefined ? {} : { ca }), token: () => Promise.resolve(token) }));
}
