import type { Phase, Transaction } from '../../src/api/transaction.ts';
import { LEASE_CLEANUP_FINALIZER } from '../../src/api/group.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { clusterConfigFromToken } from '../../src/kube/config.ts';
import { inParallel, valuesOf } from '../../src/kube/limit.ts';
import { createTransport, type Transport } from '../../src/kube/transport.ts';
import { ownToken } from '../../src/operator/dev-installation.ts';
import { installGates } from '../janus/holding.ts';
import { bootCluster, type Cluster, type Fault, type Operator } from '../janus/running.ts';
import { annotate, draft, makeNamespace, refOf, seal } from '../janus/transacting.ts';
import { followTransactions, type News } from './news.ts';
import { refuseByPolicy } from './policy.ts';
import type { Scenario } from './scenarios.ts';
import { endStateOf, objectsOf, type EndState, type Objects } from './state.ts';
import { describeCall, isWrite, Victims, type KillPoint, type Victim } from './victim.ts';

/** Settings under which a Create whose answer was lost need not be waited for long. */
export const ENV = { JANUS_REQUEST_TIMEOUT_MS: '2000', JANUS_GRANT_LIFE_SECONDS: '1' };

/** How many transactions are prepared, sealed and looked at at once. */
const AT_ONCE = 12;
/** Until a transaction that does not end counts as lost; milliseconds. */
const LOST_MS = 45_000;
/** The same where those that carry transactions out, and act on Deployments, must first find the server again. */
const DISTURBED_MS = 180_000;

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

/** What happens to a cluster in the midst of transactions. */
export interface Disturbance {
  /** Another way to the API server. */
  readonly kubeconfig?: string;
  /** How many writes of theirs come first. */
  readonly afterWrites: number;
  /** Resolves once it is over. */
  readonly happens: (operator: Operator) => Promise<void> | void;
}

/** A control plane on which transactions are killed by the dozen. */
export interface Killing {
  readonly cluster: Cluster;
  /** Runs each scenario to its end in one process, undisturbed or under a fault from when it is up. */
  references(scenarios: readonly Scenario[], fault?: Fault): Promise<readonly Reference[]>;
  /** Runs each scenario to its end in one process, all at once, while something happens. */
  disturbed(scenarios: readonly Scenario[], disturbance: Disturbance): Promise<readonly Reference[]>;
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
    disturbed: (scenarios, disturbance) => runDisturbed(cluster, news, late, scenarios, disturbance),
    kill: (trials) => run(trials),
    stop: async () => {
      await news.stop();
      await late.close();
      await cluster.stop();
    },
  };
}

async function runDisturbed(
  cluster: Cluster,
  news: News,
  late: Transport,
  scenarios: readonly Scenario[],
  { afterWrites, happens, kubeconfig = cluster.controlPlane.kubeconfig }: Disturbance,
): Promise<readonly Outcome[]> {
  const victims = new Victims((request) => late.send(request));
  let left = Infinity;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const operator = await cluster.start({
    env: ENV,
    options: { kubeconfig },
    fault: (request, send) => {
      const { resource } = request.label;
      if (isWrite(request) && !resource.startsWith('events') && (left -= 1) === 0) begin();
      return victims.fault(request, send);
    },
  });
  const trials = scenarios.map((scenario) => ({ scenario, point: NEVER }));
  const going = valuesOf(await inParallel(trials, AT_ONCE, (trial) => prepare(cluster.admin, news, victims, trial)));
  const happened = begun.then(() => happens(operator));
  left = afterWrites;
  // Whoever seals is not answered either while there is no server; it was sealed all the same, or is sealed after that.
  valuesOf(
    await inParallel(going, going.length, async (one) => {
      await set(cluster.admin, one).catch(async () => {
        await happened;
        await set(cluster.admin, one);
      });
    }),
  );
  await happened;
  const outcomes = valuesOf(await inParallel(going, going.length, (one) => end(cluster.admin, news, one, DISTURBED_MS)));
  await operator.stop();
  return outcomes;
}

async function runTogether(
  cluster: Cluster,
  news: News,
  late: Transport,
  trials: readonly Trial[],
  fault: Fault = (request, send) => send(request),
): Promise<readonly Outcome[]> {
  const victims = new Victims((request) => late.send(request));
  let up = false;
  const first = await cluster.start({
    env: ENV,
    fault: (request, send) => victims.fault(request, (passed) => (up ? fault(passed, send) : send(passed))),
  });
  up = true;
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
  const going = await prepare(admin, news, victims, trial);
  await set(admin, going);
  await Promise.race([going.victim.died, untilEnd(news, trial, going.transaction)]);
  return going;
}

/** Up to where it only has to be sealed, or its rollback asked for. */
async function prepare(admin: KubeClient, news: News, victims: Victims, trial: Trial): Promise<Going> {
  const { scenario } = trial;
  const namespace = await makeNamespace(admin);
  await scenario.prepare(admin, namespace);
  const before = await objectsOf(admin, namespace);
  const transaction = await draft(admin, namespace, scenario.changes(namespace), scenario.spec);
  const victim = victims.add(transaction);
  if (scenario.ask !== undefined) {
    await seal(admin, transaction);
    await news.until(transaction, (now) => rests(now, 'Committed'), LOST_MS).catch(() => undefined);
  }
  return { trial, transaction, victim, before };
}

/** Sets it going. */
async function set(admin: KubeClient, { trial, transaction, victim }: Going): Promise<void> {
  victim.condemn(trial.point);
  await (trial.scenario.ask === undefined ? seal(admin, transaction) : annotate(admin, transaction, trial.scenario.ask));
}

async function end(admin: KubeClient, news: News, { trial, transaction, victim, before }: Going, ms = LOST_MS): Promise<Outcome> {
  await untilEnd(news, trial, transaction, ms);
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
async function untilEnd(news: News, { scenario }: Trial, transaction: Transaction, ms = LOST_MS): Promise<void> {
  const { ask, ends } = scenario;
  const answered = (now: Transaction): boolean => ask === undefined || !(ask in (now.metadata.annotations ?? {}));
  await news.until(transaction, (now) => rests(now, ends) && answered(now), ms).catch(() => undefined);
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
