/** A pause that can be cut short, also before it begins. */
export interface Waker {
  sleep(ms: number): Promise<void>;
  /** Ends the pause, or the next one at once where there is none. */
  wake(): void;
}

/** For one sleeper. Its timer does not keep the process alive. */
export function createWaker(): Waker {
  let woken = false;
  let end: () => void = () => undefined;
  return {
    async sleep(ms) {
      if (!woken) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms).unref();
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      woken = false;
    },
    wake() {
      woken = true;
      end();
    },
  };
}
