// SPDX-License-Identifier: AGPL-3.0-or-later
// What floats above the page: dialog, popover, toast.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../lib/i18n";
import { explain } from "./state";
import { Problem } from "../api/problem";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

interface DialogProps { title: string; onClose: () => void; children: ComponentChildren; wide?: boolean; sheet?: boolean }

// Modal while it is mounted. Esc closes; the focus goes back to what opened it.
export function Dialog({ title, onClose, children, wide, sheet }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const opener = document.activeElement as HTMLElement | null;
    const dialog = box.current;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>("[autofocus]")?.focus();
    return () => {
      dialog?.close();
      opener?.focus?.();
    };
  }, []);
  return (
    <dialog
      ref={box} class={`dialog ${wide ? "wide" : ""} ${sheet ? "sheet" : ""}`} aria-labelledby={id}
      onCancel={(event) => { event.preventDefault(); onClose(); }}
      onClick={(event) => { if (event.target === box.current) onClose(); }}
    >
      <div class="dialog-in">
        <div class="row top dialog-head">
          <h2 id={id} class="grow">{title}</h2>
          <Button kind="quiet" icon="x" small label={t("action.close")} onClick={onClose} />
        </div>
        {children}
      </div>
    </dialog>
  );
}

interface PopProps { text: ComponentChildren; icon?: IconName; label?: string; class?: string; onOpen?: () => void; children: ComponentChildren; title?: string; focusFirst?: boolean }

// A button with a sheet beside it: light dismissal, Esc and the focus are the browser's.
export function Popover({ text, icon, label, class: look, onOpen, children, title, focusFirst }: PopProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const place = () => {
    const at = button.current?.getBoundingClientRect();
    const box = sheet.current;
    if (!at || !box) return;
    const { offsetWidth: w, offsetHeight: h } = box;
    const left = Math.max(8, Math.min(at.right - w, innerWidth - w - 8));
    const below = at.bottom + 6;
    const top = below + h > innerHeight - 8 ? Math.max(8, at.top - h - 6) : below;
    box.style.left = `${left}px`;
    box.style.top = `${top}px`;
  };
  useEffect(() => {
    const box = sheet.current;
    if (!box) return;
    const watch = new ResizeObserver(() => box.matches(":popover-open") && place());
    watch.observe(box);
    return () => watch.disconnect();
  }, []);
  return (
    <>
      <button ref={button} type="button" class={look ?? "btn quiet small"} aria-label={label} popovertarget={id} title={title}>
        {icon && <Icon name={icon} />}
        {text}
      </button>
      <div
        ref={sheet} id={id} popover="auto" class="pop" role="group" aria-label={label ?? (typeof text === "string" ? text : undefined)}
        onToggle={(event) => {
          if ((event as unknown as { newState: string }).newState !== "open") return;
          onOpen?.();
          place();
          if (focusFirst) sheet.current?.querySelector<HTMLElement>("button, a")?.focus();
        }}
      >
        {children}
      </div>
    </>
  );
}

interface Toast { id: number; text: string; bad: boolean; action?: { text: string; run: () => void } }
const toasts = signal<Toast[]>([]);
let next = 1;

export function toast(text: string, action?: Toast["action"]): void {
  toasts.value = [...toasts.value.slice(-2), { id: next++, text, bad: false, ...(action && { action }) }];
}
export function complain(error: unknown): void {
  const problem = Problem.from(error);
  if (problem.code !== "unauthenticated") toasts.value = [...toasts.value.slice(-2), { id: next++, text: explain(problem), bad: true }];
}

function Slice({ one }: { one: Toast }) {
  const drop = () => (toasts.value = toasts.value.filter((other) => other.id !== one.id));
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const run = () => {
    if (!one.bad) timer.current = setTimeout(drop, 6000);
  };
  const pause = () => clearTimeout(timer.current);
  useEffect(() => {
    run();
    return pause;
  }, []);
  return (
    <div class="toast" role={one.bad ? "alert" : "status"} onMouseEnter={pause} onMouseLeave={run} onFocusIn={pause} onFocusOut={run}>
      {one.bad && <Icon name="alert" />}
      <span class="grow">{one.text}</span>
      {one.action && <Button small onClick={() => { one.action?.run(); drop(); }}>{one.action.text}</Button>}
      <button type="button" class="toast-x" aria-label={t("action.close")} onClick={drop}><Icon name="x" /></button>
    </div>
  );
}

export function Toasts() {
  return <div class="toasts" aria-live="polite">{toasts.value.map((one) => <Slice one={one} key={one.id} />)}</div>;
}
