// SPDX-License-Identifier: AGPL-3.0-or-later
import type { JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "./icon";

interface Props {
  label: string;
  value: string;
  onInput: (value: string) => void;
  hint?: string | undefined;
  error?: string | undefined;
  type?: string;
  autocomplete?: string;
  inputMode?: "numeric" | "text" | "email";
  autofocus?: boolean;
  required?: boolean;
  placeholder?: string;
  mono?: boolean;
  name?: string;
}

export function Field(props: Props) {
  const id = useId();
  const { label, value, hint, error } = props;
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (props.autofocus) field.current?.focus();  // the attribute counts only while a document is read
  }, []);
  const about = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ") || undefined;
  const change = (event: JSX.TargetedInputEvent<HTMLInputElement>) => props.onInput(event.currentTarget.value);
  return (
    <div class="field">
      <label class="sm medium" for={id}>{label}</label>
      <div class={`input ${error ? "bad" : ""} ${props.mono ? "mono" : ""}`}>
        <input
          ref={field} id={id} value={value} onInput={change} type={props.type ?? "text"} name={props.name} autocomplete={(props.autocomplete ?? "off") as "off"} inputMode={props.inputMode}
          required={props.required} placeholder={props.placeholder} autofocus={props.autofocus} spellcheck={false} autocapitalize="off"
          aria-invalid={error ? "true" : undefined} aria-describedby={about}
        />
      </div>
      {hint && <p id={`${id}-hint`} class="xs faint">{hint}</p>}
      {error && <p id={`${id}-error`} class="row top sm alert" role="alert"><Icon name="alert" />{error}</p>}
    </div>
  );
}

export function Area(props: { label: string; value: string; onInput: (value: string) => void; hint?: string }) {
  const id = useId();
  return (
    <div class="field">
      <label class="sm medium" for={id}>{props.label}</label>
      <textarea id={id} class="area mono" rows={4} value={props.value} onInput={(event) => props.onInput(event.currentTarget.value)} spellcheck={false} aria-describedby={props.hint ? `${id}-hint` : undefined} />
      {props.hint && <p id={`${id}-hint`} class="xs faint">{props.hint}</p>}
    </div>
  );
}

export function Select(props: { label: string; value: string; onPick: (value: string) => void; options: { value: string; text: string }[]; hidden?: boolean }) {
  const id = useId();
  return (
    <div class="field">
      <label class={props.hidden ? "vh" : "sm medium"} for={id}>{props.label}</label>
      <select id={id} class="select" value={props.value} onChange={(event) => props.onPick(event.currentTarget.value)}>
        {props.options.map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
      </select>
    </div>
  );
}

export function Check(props: { label: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={props.checked} onChange={(event) => props.onChange(event.currentTarget.checked)} />
      <span>{props.label}</span>
    </label>
  );
}
