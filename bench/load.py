# SPDX-License-Identifier: AGPL-3.0-or-later
"""People who search over HTTP, each with a connection that stays open: one process, one thread, no parsing but of the length, so that the
measured machine is left to the server. Two ways: everybody asks again at once, or after a while as people do."""
import heapq
import random
import select
import socket
import time
import urllib.parse

WORDS = ("договор заказ клиент оплата счёт доставка склад монтаж окна акт сверка квартал предоплата скидка штука накладная водитель гарантия изделие брак "
         "менеджер заявка выписка отгрузка инвентаризация проект заказчик график платёж реквизиты компания деньги заявление предложение материал "
         "документы бухгалтерия курьер кабинет обновление замерщик макет вывеска страховка груз перевозка срок праздник упаковка язык товар услуга "
         "консультация специалист программа переговоры подрядчик сотрудник переписка артикул юрист претензия").split()
PHRASES = ("условия поставки", "акт сверки", "монтаж окон", "закрывающие документы", "график платежей", "коммерческое предложение", "личный кабинет")


def query(dice):
    """Seven of ten are a word or two; the rest a phrase, a beginning, a choice, an exclusion, a date, or everything."""
    one, other = dice.sample(WORDS, 2)
    kind = dice.random()
    if kind < 0.45:
        return one
    if kind < 0.70:
        return f"{one} {other}"
    if kind < 0.76:
        return f'"{dice.choice(PHRASES)}"'
    if kind < 0.82:
        return one[:4] + "*" if len(one) > 3 else one
    if kind < 0.87:
        return f"{one} OR {other}"
    if kind < 0.92:
        return f"{one} -{other}"
    if kind < 0.97:
        return f"{one} after:{dice.randrange(2019, 2025)}-{dice.randrange(1, 13):02}-01"
    return ""


class Person:
    def __init__(self, port, token, seed):
        self.dice = random.Random(seed)
        self.head = f" HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Letopis: 1\r\nAuthorization: Bearer {token}\r\n\r\n"
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got, self.whole, self.asked = b"", 0, 0.0

    def ask(self):
        self.got, self.whole = b"", 0
        path = "/api/v1/search?limit=20&q=" + urllib.parse.quote(query(self.dice))
        self.asked = time.perf_counter()
        self.socket.sendall(("GET " + path + self.head).encode())

    def take(self):
        """True: the answer is whole."""
        piece = self.socket.recv(262144)
        if not piece:
            raise SystemExit("the server hung up")
        self.got += piece
        if not self.whole:
            end = self.got.find(b"\r\n\r\n")
            if end < 0:
                return False
            if not self.got.startswith(b"HTTP/1.1 200"):
                raise SystemExit(self.got[:500].decode("utf-8", "replace"))
            at = self.got.lower().index(b"content-length:")
            self.whole = end + 4 + int(self.got[at + 15:self.got.index(b"\r", at)])
        return len(self.got) >= self.whole


def run(port, token, people, seconds, pause=None):
    """p50 and p99 in ms, searches a second. `pause`: shortest and longest wait of a person before the next question; without it there is none."""
    crowd = [Person(port, token, seed) for seed in range(people)]
    by_file = {one.socket.fileno(): one for one in crowd}
    poll = select.epoll()
    for number in by_file:
        poll.register(number, select.EPOLLIN)
    dice, times, waiting = random.Random(1), [], []
    begin = time.perf_counter()
    end = begin + seconds
    for number, one in by_file.items():
        if pause:
            heapq.heappush(waiting, (begin + dice.uniform(0, pause[1]), number))
        else:
            one.ask()
    while (now := time.perf_counter()) < end:
        while waiting and waiting[0][0] <= now:
            by_file[heapq.heappop(waiting)[1]].ask()
        for number, _ in poll.poll(max(0.0, min(end, waiting[0][0] if waiting else end) - now)):
            one = by_file[number]
            if not one.take():
                continue
            done = time.perf_counter()
            times.append((done - one.asked) * 1000)
            if pause:
                heapq.heappush(waiting, (done + dice.uniform(*pause), number))
            else:
                one.ask()
    for one in crowd:
        one.socket.close()
    times.sort()
    return times[len(times) // 2], times[len(times) * 99 // 100], len(times) / seconds
