import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '@/design/cx';
import { TextField } from '@/design/Field';

/** The server's least (S-36); it also refuses what can be guessed. */
const LETTERS_MIN = 12;

/** From 0 (too short) to 3: how long it is, and whether it repeats itself. The server has the last word. */
export function strength(password: string): 0 | 1 | 2 | 3 {
  const letters = Array.from(password);
  if (letters.length < LETTERS_MIN) return 0;
  const different = new Set(letters).size;
  if (different < 7) return 1;
  return letters.length >= 18 && different >= 10 ? 3 : 2;
}

const WORDS = ['strength.short', 'strength.weak', 'strength.good', 'strength.strong'] as const;
const COLOURS = ['bg-state-failed', 'bg-state-failed', 'bg-state-published', 'bg-state-published'];

/** A new password, with a hint of how well it protects. Nothing is forced but length and not being guessable. */
export function PasswordField({ name = 'password', label }: { name?: string; label?: string }) {
  const { t } = useTranslation('arrive');
  const [typed, setTyped] = useState('');
  const level = strength(typed);
  const missing = LETTERS_MIN - Array.from(typed).length;
  return (
    <div className="flex flex-col gap-2">
      <TextField
        label={label ?? t('field.password')}
        name={name}
        type="password"
        autoComplete="new-password"
        isRequired
        minLength={LETTERS_MIN}
        value={typed}
        onChange={setTyped}
        hint={typed ? t(WORDS[level], { count: missing }) : t('field.passwordHint', { count: LETTERS_MIN })}
      />
      <div className="flex gap-1" aria-hidden="true">
        {[1, 2, 3].map((step) => (
          <span
            key={step}
            className={cx(
              'h-1 flex-1 rounded-full transition-colors',
              typed && step <= Math.max(level, 1) ? COLOURS[level] : 'bg-line',
            )}
          />
        ))}
      </div>
    </div>
  );
}
