// SPDX-License-Identifier: AGPL-3.0-or-later
import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon";

interface Props {
  children?: ComponentChildren;
  icon?: IconName;
  kind?: "main" | "plain" | "quiet" | "danger";
  small?: boolean;
  busy?: boolean;
  off?: string | false;  // why it cannot be pressed now; stays focusable
  label?: string;  // for a button that shows only its icon
  hint?: string;
  class?: string;
  type?: "button" | "submit";
  href?: string;
  download?: boolean | string;
  pressed?: boolean;
  expanded?: boolean;
  autofocus?: boolean;
  id?: string;
  target?: string;
  onClick?: (event: JSX.TargetedMouseEvent<HTMLElement>) => void;
}

export function Button(props: Props) {
  const { children, icon, kind = "plain", small, busy, off, label, hint, pressed, expanded } = props;
  const only = icon !== undefined && children === undefined;
  const classes = ["btn", kind === "plain" ? "" : kind, small ? "small" : "", only ? "icon" : "", props.class ?? ""].filter(Boolean).join(" ");
  const inside = (
    <>
      {busy ? <span class="spin" /> : icon && <Icon name={icon} />}
      {children}
      {hint && <kbd aria-hidden="true">{hint}</kbd>}
    </>
  );
  const title = off || (only ? label : undefined);
  if (props.href !== undefined && !off) {
    return (
      <a class={classes} id={props.id} href={props.href} aria-label={label} title={title} target={props.target}
        download={props.download === true ? "" : props.download || undefined} onClick={props.onClick}>
        {inside}
      </a>
    );
  }
  return (
    <button
      class={classes} id={props.id} type={props.type ?? "button"} aria-label={label} title={title} aria-disabled={off ? "true" : undefined} aria-busy={busy ? "true" : undefined}
      aria-pressed={pressed} aria-expanded={expanded} autofocus={props.autofocus}
      onClick={(event) => {
        if (busy || off) event.preventDefault();
        else props.onClick?.(event);
      }}
    >
      {inside}
    </button>
  );
}

export function Segments<T extends string>(props: { label: string; value: T; options: { value: T; text: string; lang?: string }[]; onPick: (value: T) => void }) {
  return (
    <span class="seg" role="group" aria-label={props.label}>
      {props.options.map((option) => (
        <button key={option.value} type="button" lang={option.lang} aria-pressed={option.value === props.value} onClick={() => props.onPick(option.value)}>
          {option.text}
        </button>
      ))}
    </span>
  );
}
