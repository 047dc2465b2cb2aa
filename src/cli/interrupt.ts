import { Fault } from './fault.ts';

/**
 * Runs `work` with a signal that Ctrl-C (or SIGTERM) aborts, so that it can clean up; a second Ctrl-C ends the process at once.
 *
 * @param words what to say of it.
 * @throws Fault where it was interrupted.
 */
export async function untilInterrupted<R>(
  work: (signal: AbortSignal) => Promise<R>,
  words = 'Interrupted: nothing was added.',
): Promise<R> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted || error instanceof Fault) throw error;
    throw new Fault(words, { cause: error, exit: 'interrupted' });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
