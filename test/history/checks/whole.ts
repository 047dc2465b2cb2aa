import type { Check } from '../history.ts';

/** A history with a hole in it proves nothing: every write must begin where the one before it ended. */
export const whole: Check = ({ byKey }) =>
  [...byKey].flatMap(([key, writes]) =>
    writes.slice(1).flatMap((write, at) => {
      const [was, is] = [writes[at]?.after?.metadata.resourceVersion, write.before?.metadata.resourceVersion];
      if (was === is) return [];
      return [
        {
          rule: 'whole',
          revision: write.revision,
          object: key,
          words: `it begins at version ${is ?? 'none'}, and the last write left ${was ?? 'none'}`,
        },
      ];
    }),
  );
