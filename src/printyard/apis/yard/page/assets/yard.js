// Keeps the page alive: follows the event stream, draws measurements in place, and asks the server for a piece anew when
// more than a measurement has changed. Without it the page is whole, only still.

const prefix = document.body.dataset.prefix;
const printers = new Map();
const one = document.querySelector("[data-detail]")?.dataset.printer;
const wall = document.querySelector("[data-wall]");

const IN_PRINT = new Set(["preparing", "printing", "pausing", "resuming", "finishing", "cancelling"]);
const NEED_SOMEBODY = new Set(["fault", "halted", "paused", "asking", "occupied"]);
const SAID_ALOUD = new Set(["fault", "halted", "paused", "asking", "occupied", "offline"]);
const PICTURE_MS = one ? 1000 : 2000;

/* Words: the same as the server's. */

function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const percent = (fraction) => `${Math.trunc(fraction * 100)} %`;
const celsius = (reading) =>
  reading ? `${reading.current.toFixed(0)}°${reading.target ? ` / ${reading.target.toFixed(0)}°` : ""}` : "–";

function mark(printer) {
  const { state, job } = printer;
  return [
    printer.name, state.word, state.plate, state.attention?.id ?? "", state.faults.map((fault) => fault.id).join(","),
    state.accepts.join(","), job ? `${job.id} ${job.state}` : "", printer.progress ? "yes" : "",
    printer.enabled ? "yes" : "", printer.in_maintenance ? "yes" : "", printer.note, String(state.tools.length),
    state.tools.map((tool) => tool.material_guid ?? "").join(","), state.tools.map((tool) => tool.nozzle?.name ?? "").join(","),
  ].join("|");
}

/* Drawing */

function measurements(printer) {
  const { state, progress } = printer;
  const values = {
    bed: celsius(state.bed), chamber: celsius(state.chamber),
    position: `${state.position.x.toFixed(1)}, ${state.position.y.toFixed(1)}, ${state.position.z.toFixed(2)} mm`,
  };
  state.tools.forEach((tool, index) => {
    values[`tool.${index}`] = celsius(tool.temperature);
    if (tool.material_remaining_mm !== null) values[`left.${index}`] = `${(tool.material_remaining_mm / 1000).toFixed(1)} m`;
  });
  if (progress) {
    values.percent = percent(progress.fraction);
    values.layer = `${progress.layer} / ${progress.layers}`;
    values.left = duration(progress.remaining_seconds);
    values.elapsed = duration(progress.elapsed_seconds);
    values.total = duration(progress.total_seconds);
  }
  return values;
}

const placeOf = (slug) => document.querySelector(`[data-printer="${CSS.escape(slug)}"]`);

function draw(printer) {
  const place = placeOf(printer.slug);
  if (!place) {
    if (wall && !one) refresh(printer.slug);
    return;
  }
  if (place.dataset.mark !== mark(printer)) {
    refresh(printer.slug);
    return;
  }
  const values = measurements(printer);
  for (const field of place.querySelectorAll("[data-f]")) {
    if (field.dataset.f === "fraction") field.value = printer.progress?.fraction ?? 0;
    else if (field.dataset.f in values && field.textContent !== values[field.dataset.f]) field.textContent = values[field.dataset.f];
  }
}

const refreshing = new Map();

/** Ask the server for a printer's card (or details) anew; what changes meanwhile is asked once more. */
async function refresh(slug) {
  if (refreshing.has(slug)) {
    refreshing.set(slug, true);
    return;
  }
  refreshing.set(slug, false);
  try {
    const answer = await fetch(`${prefix}/page/${one ? "details" : "cards"}/${encodeURIComponent(slug)}`);
    if (answer.ok && (await busyWithForm(slug)) === false) put(slug, await answer.text());
    else if (answer.status === 401) location.assign(`${prefix}/login`);
  } catch {
    // The stream will tell again when the server is back.
  }
  const again = refreshing.get(slug);
  refreshing.delete(slug);
  const printer = printers.get(slug);
  const place = placeOf(slug);
  if (printer && place && (again || place.dataset.mark !== mark(printer))) setTimeout(() => draw(printer), 300);
}

/** Whether somebody has chosen a file, or types: their form must not be drawn away under their hands. */
async function busyWithForm(slug) {
  const place = placeOf(slug);
  const typing = place?.contains(document.activeElement) && document.activeElement.matches('input[type="number"]');
  return Boolean(typing || place?.querySelector("[data-upload] input[type=file]")?.files.length);
}

function put(slug, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-printer]");
  if (!fresh) return;
  const old = placeOf(slug);
  const key = old?.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const picture = old?.querySelector("img[data-snapshot]");
  const next = fresh.querySelector("img[data-snapshot]");
  if (picture && next) next.replaceWith(picture);
  if (old) old.replaceWith(fresh);
  else wall.append(fresh);
  if (key) (fresh.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? fresh.querySelector("a[href], button"))?.focus();
  adopt(fresh);
  count();
}

function count() {
  document.querySelector("[data-empty]")?.toggleAttribute("hidden", printers.size > 0);
  const words = [...printers.values()].map((printer) => printer.state.word);
  const figures = {
    all: words.length,
    printing: words.filter((word) => IN_PRINT.has(word)).length,
    ready: words.filter((word) => word === "idle").length,
    waiting: words.filter((word) => NEED_SOMEBODY.has(word)).length,
  };
  for (const field of document.querySelectorAll("[data-c]")) field.textContent = figures[field.dataset.c];
}

function announce(printer, before) {
  if (before === undefined || before === printer.state.word || !SAID_ALOUD.has(printer.state.word)) return;
  document.querySelector("[data-announce]").textContent = `${printer.name}: ${printer.state.word}`;
}

async function refreshApprovals() {
  const old = document.querySelector("[data-approvals]");
  if (!old) return;
  const answer = await fetch(`${prefix}/page/approvals`);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-approvals]");
  if (fresh) {
    old.replaceWith(fresh);
    localTimes(fresh);
  }
}

/* The stream */

/** A JSON merge patch (RFC 7396), but that null stays a value. */
function merged(target, patch) {
  const result = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    const plain = value !== null && typeof value === "object" && !Array.isArray(value);
    const known = result[name] !== null && typeof result[name] === "object" && !Array.isArray(result[name]);
    result[name] = plain && known ? merged(result[name], value) : value;
  }
  return result;
}

function take(printer) {
  const before = printers.get(printer.slug)?.state.word;
  printers.set(printer.slug, printer);
  draw(printer);
  announce(printer, before);
  if (before !== printer.state.word) count();
}

const ASKING = new Set(["AccessRequested", "AccessDecided", "JobCreated", "JobQueued", "JobEnded"]);

function listen() {
  const live = document.querySelector("[data-live]");
  const source = new EventSource(`${prefix}/yard/v1/events${one ? `?printer=${encodeURIComponent(one)}` : ""}`);
  source.addEventListener("open", () => {
    live.hidden = false;
    live.textContent = "Live";
    live.classList.remove("lost");
  });
  source.addEventListener("printer", (event) => take(JSON.parse(event.data)));
  source.addEventListener("delta", (event) => {
    const { slug, patch } = JSON.parse(event.data);
    if (printers.has(slug)) take(merged(printers.get(slug), patch));
  });
  source.addEventListener("removed", (event) => {
    const { slug } = JSON.parse(event.data);
    printers.delete(slug);
    if (one) location.assign(`${prefix}/`);
    else placeOf(slug)?.remove();
    count();
  });
  source.addEventListener("fact", (event) => {
    if (ASKING.has(JSON.parse(event.data).name)) refreshApprovals();
  });
  source.addEventListener("error", () => {
    live.hidden = false;
    live.textContent = "Reconnecting";
    live.classList.add("lost");
    // A browser that has given up (it was refused, or a proxy spoils streams) asks for itself from now on.
    if (source.readyState === EventSource.CLOSED) poll();
  });
}

async function poll() {
  try {
    const answer = await fetch(`${prefix}/yard/v1/printers`);
    if (answer.status === 401) return location.assign(`${prefix}/login`);
    if (answer.ok) (await answer.json()).filter((printer) => !one || printer.slug === one).forEach(take);
  } catch {
    // The server is away; the next time, perhaps.
  }
  setTimeout(poll, 4000);
}

/* Pictures: only those that somebody can see, and few at once: a browser has six connections to us, and one is the stream */

const PICTURES_AT_ONCE = 2;
const loading = new Set();

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) entry.target.toggleAttribute("data-visible", entry.isIntersecting);
});

function nextPictures() {
  if (document.hidden) return;
  const due = [...document.querySelectorAll("img[data-snapshot][data-visible]")].filter(
    (picture) => picture.complete && !loading.has(picture) && Date.now() - (picture.dataset.at ?? 0) >= PICTURE_MS,
  );
  due.sort((one, other) => (one.dataset.at ?? 0) - (other.dataset.at ?? 0));
  due.slice(0, PICTURES_AT_ONCE - loading.size).forEach(nextPicture);
}

async function nextPicture(picture) {
  loading.add(picture);
  const fresh = new Image();
  const address = new URL(picture.dataset.snapshot, location.href);
  address.searchParams.set("t", Date.now());
  fresh.src = address.href;
  try {
    await fresh.decode();
    picture.src = fresh.src;
    picture.parentElement?.classList.remove("lost");
  } catch {
    picture.parentElement?.classList.add("lost");
  }
  picture.dataset.at = Date.now();
  loading.delete(picture);
  nextPictures();
}

/* Forms: sent without leaving the page; what goes wrong is said below */

function toast(text) {
  const place = document.querySelector("[data-toast]");
  place.textContent = text;
  place.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => (place.hidden = true), 8000);
}

async function send(form, submitter) {
  const body = new FormData(form);
  if (submitter?.name) body.append(submitter.name, submitter.value);
  // Not disabled: a disabled button loses the focus, and with it the keyboard's place on the page.
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  try {
    const plain = form.enctype === "multipart/form-data" ? body : new URLSearchParams(body);
    const answer = await fetch(form.action, { method: "POST", body: plain, redirect: "manual" });
    const done = answer.type === "opaqueredirect" || answer.ok;
    if (!done) {
      const told = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".problem");
      toast(told?.textContent ?? "That did not work.");
    } else if (form.matches("[data-upload]")) {
      form.reset();
    }
    if (form.closest("[data-approvals]")) refreshApprovals();
    const slug = form.closest("[data-printer]")?.dataset.printer;
    if (slug) setTimeout(() => refresh(slug), 150);
    else if (done && !form.closest("[data-approvals]")) location.reload();
  } catch {
    toast("The server cannot be reached.");
  }
  form.ariaBusy = "false";
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.closest("header.top") || form.closest(".sign-in")) return;
  event.preventDefault();
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) return;
  send(form, event.submitter);
});

/* What is drawn anew */

function localTimes(place) {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of place.querySelectorAll("time[datetime]")) time.textContent = format.format(new Date(time.dateTime));
}

function adopt(place) {
  localTimes(place);
  for (const picture of place.querySelectorAll("img[data-snapshot]")) seen.observe(picture);
}

adopt(document);
if (wall || one) {
  listen();
  setInterval(nextPictures, 500);
}
