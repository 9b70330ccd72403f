import { type KeyboardEvent, useState } from 'react';
import { clockWords, readClock } from './clock';
import { TextField, type TextFieldProps } from './Field';
import { usePhone } from './usePhone';

/**
 * State for typing a time of day, stored as `HH:MM`. The text takes effect as soon as it is a valid time; leaving the field
 * or pressing Enter formats it for the person's clock and reverts invalid text. Spread the result over an input.
 */
function useTyped(value: string, onChange: (time: string) => void) {
  const [typed, setTyped] = useState<string>();
  const take = (text: string, isDone: boolean) => {
    const time = readClock(text, isDone);
    if (time && time !== value) onChange(time);
  };
  const end = () => {
    if (typed !== undefined) take(typed, true);
    setTyped(undefined);
  };
  return {
    text: typed ?? clockWords(value),
    type: (text: string) => {
      setTyped(text);
      take(text, false);
    },
    end,
    endOnEnter: ({ key }: Pick<KeyboardEvent, 'key'>) => key === 'Enter' && end(),
  };
}

interface TimeProps {
  /** `HH:MM`. */
  value: string;
  onChange: (time: string) => void;
}

/** A time of day. Unlike a browser's own time field it uses the same clock as the page. */
export function TimeField({
  value,
  onChange,
  ...said
}: TimeProps & Omit<TextFieldProps, 'value' | 'onChange' | 'type'>) {
  const isPhone = usePhone();
  const { text, type, end, endOnEnter } = useTyped(value, onChange);
  // A phone's own time picker is better than its keyboard.
  if (isPhone) return <TextField {...said} type="time" value={value} onChange={onChange} />;
  return <TextField {...said} autoComplete="off" value={text} onChange={type} onBlur={end} onKeyDown={endOnEnter} />;
}

/** The same without a visible label, for toolbars. */
export function TimeInput({ value, onChange, label, className }: TimeProps & { label: string; className: string }) {
  const isPhone = usePhone();
  const { text, type, end, endOnEnter } = useTyped(value, onChange);
  const shared = { 'aria-label': label, className };
  if (isPhone) {
    return (
      <input {...shared} type="time" value={value} onChange={({ target }) => target.value && onChange(target.value)} />
    );
  }
  return (
    <input
      {...shared}
      type="text"
      autoComplete="off"
      size={8}
      value={text}
      onChange={({ target }) => type(target.value)}
      onBlur={end}
      onKeyDown={endOnEnter}
    />
  );
}
