// SPDX-License-Identifier: AGPL-3.0-or-later
// Icons of lucide (ISC); only those named here are bundled.
import { h } from "preact";
import {
  ArrowRight, Ban, Bookmark, Check, ChevronDown, ChevronLeft, ChevronRight, Clock, CodeXml, Copy, Download, Ellipsis, Eye, FileText, Filter, FolderOpen, History, Image,
  Info, Key, Keyboard, Languages, Link, ListFilter, Lock, LogOut, Mail, Menu, MessageCircle, MessageSquareText, Monitor, Paperclip, Pencil, Phone, Plug, Plus,
  Printer, RefreshCw, Reply, Search, Send, Settings, ShieldCheck, Square, Tag, Trash2, TriangleAlert, Upload, UserPlus, Users, X, type IconNode,
} from "lucide";

const icons = {
  arrow: ArrowRight, ban: Ban, bookmark: Bookmark, check: Check, down: ChevronDown, left: ChevronLeft, right: ChevronRight, clock: Clock, code: CodeXml, copy: Copy,
  download: Download, dots: Ellipsis, eye: Eye, file: FileText, funnel: Filter, folder: FolderOpen, history: History, image: Image, info: Info, key: Key,
  keyboard: Keyboard, languages: Languages, link: Link, filter: ListFilter, lock: Lock, leave: LogOut, mail: Mail, menu: Menu, messenger: MessageCircle,
  site: MessageSquareText, screen: Monitor, clip: Paperclip, pencil: Pencil, phone: Phone, plug: Plug, plus: Plus, print: Printer, refresh: RefreshCw,
  reply: Reply, search: Search, send: Send, settings: Settings, seal: ShieldCheck, square: Square, tag: Tag, trash: Trash2, alert: TriangleAlert,
  upload: Upload, invite: UserPlus, users: Users, x: X,
} satisfies Record<string, IconNode>;
export type IconName = keyof typeof icons;

export function Icon({ name, size, turn }: { name: IconName; size?: "s" | "l"; turn?: boolean }) {
  const shape: IconNode = icons[name];
  return (
    <svg class={`i ${size ?? ""} ${turn ? "turn" : ""}`} viewBox="0 0 24 24" aria-hidden="true">
      {shape.map(([tag, attributes], index) => h(tag, { ...attributes, key: index }))}
    </svg>
  );
}

export function Brand() {
  return (
    <svg viewBox="0 0 26 26" aria-hidden="true">
      <rect width="26" height="26" rx="7" fill="var(--color-brand)" />
      <path
        d="M7 19.5c2.6-.4 3.4-3.3 3.8-7.2L11.3 7h7.2v12.5M11.2 8.6h7.2"
        fill="none" stroke="var(--color-text-on-fill)" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"
      />
    </svg>
  );
}
