"""Threads of a block run on one of the processor's, in LLVM's language.

Where they wait for each other, each is a coroutine (LLVM Language Reference, coroutine intrinsics):
all are run up to where they wait, then on from there, until the last has ended. One that has ended
is waited for no more.
"""

from kernels.cuda.ptx.writer import PLACE_BYTES

_PLACES = """
  %nx.at = getelementptr i8, ptr %places, i64 24
  %ny.at = getelementptr i8, ptr %places, i64 28
  %nx = load i32, ptr %nx.at
  %ny = load i32, ptr %ny.at
"""
_PUT = """
  %x = urem i32 %thread, %nx
  %above = udiv i32 %thread, %nx
  %y = urem i32 %above, %ny
  %z = udiv i32 %above, %ny
  %y.at = getelementptr i8, ptr %place, i64 4
  %z.at = getelementptr i8, ptr %place, i64 8
  store i32 %x, ptr %place
  store i32 %y, ptr %y.at
  store i32 %z, ptr %z.at
"""
# The bytes of one place serve every thread in its turn.
IN_TURN = f"""
define void @run(ptr %places, ptr %parameters, ptr %handles, i32 %threads) {{{{
begin:
  %place = getelementptr i8, ptr %places, i64 0{_PLACES}
  br label %each
each:
  %thread = phi i32 [0, %begin], [%next, %each]{_PUT}
  call void @"{{name}}"(ptr %place, ptr %parameters)
  %next = add i32 %thread, 1
  %last = icmp uge i32 %next, %threads
  br i1 %last, label %end, label %each
end:
  ret void
}}}}
"""
TOGETHER = f"""
declare i1 @llvm.coro.done(ptr)
declare void @llvm.coro.resume(ptr)
declare void @llvm.coro.destroy(ptr)
define void @run(ptr %places, ptr %parameters, ptr %handles, i32 %threads) {{{{
begin:{_PLACES}
  br label %each
each:
  %thread = phi i32 [0, %begin], [%next, %each]
  %place.number = zext i32 %thread to i64
  %place.offset = mul i64 %place.number, {PLACE_BYTES}
  %place = getelementptr i8, ptr %places, i64 %place.offset{_PUT}
  %handle = call ptr @"{{name}}"(ptr %place, ptr %parameters)
  %handle.at = getelementptr ptr, ptr %handles, i32 %thread
  store ptr %handle, ptr %handle.at
  %next = add i32 %thread, 1
  %last = icmp uge i32 %next, %threads
  br i1 %last, label %round, label %each
round:
  br label %on
on:
  %at = phi i32 [0, %round], [%at.next, %after]
  %any = phi i1 [false, %round], [%any.next, %after]
  %waiting.at = getelementptr ptr, ptr %handles, i32 %at
  %waiting = load ptr, ptr %waiting.at
  %ended = call i1 @llvm.coro.done(ptr %waiting)
  br i1 %ended, label %after, label %go
go:
  call void @llvm.coro.resume(ptr %waiting)
  br label %after
after:
  %any.next = phi i1 [%any, %on], [true, %go]
  %at.next = add i32 %at, 1
  %whole = icmp uge i32 %at.next, %threads
  br i1 %whole, label %over, label %on
over:
  br i1 %any.next, label %round, label %clear
clear:
  %of = phi i32 [0, %over], [%of.next, %clear]
  %done.at = getelementptr ptr, ptr %handles, i32 %of
  %done = load ptr, ptr %done.at
  call void @llvm.coro.destroy(ptr %done)
  %of.next = add i32 %of, 1
  %cleared = icmp uge i32 %of.next, %threads
  br i1 %cleared, label %end, label %clear
end:
  ret void
}}}}
"""
# A kernel that waits: how it begins, waits the given time, and ends.
DECLARED = (
    "declare token @llvm.coro.id(i32, ptr, ptr, ptr)",
    "declare i64 @llvm.coro.size.i64()",
    "declare ptr @llvm.coro.begin(token, ptr)",
    "declare i8 @llvm.coro.suspend(token, i1)",
    "declare ptr @llvm.coro.free(token, ptr)",
    "declare void @llvm.coro.end(ptr, i1, token)",
    "declare ptr @malloc(i64)",
    "declare void @free(ptr)",
)
BEGIN = (
    "%coroutine = call token @llvm.coro.id(i32 0, ptr null, ptr null, ptr null)",
    "%frame.size = call i64 @llvm.coro.size.i64()",
    "%frame = call ptr @malloc(i64 %frame.size)",
    "%handle = call ptr @llvm.coro.begin(token %coroutine, ptr %frame)",
)
END = (
    "br label %ended",
    "ended:",
    "%last = call i8 @llvm.coro.suspend(token none, i1 true)",
    "switch i8 %last, label %suspended [i8 0, label %never i8 1, label %destroyed]",
    "never:",
    "unreachable",
    "destroyed:",
    "%freed = call ptr @llvm.coro.free(token %coroutine, ptr %handle)",
    "call void @free(ptr %freed)",
    "br label %suspended",
    "suspended:",
    "call void @llvm.coro.end(ptr %handle, i1 false, token none)",
    "ret ptr %handle",
)


def waiting(number: int) -> list[str]:
    """Return the lines with which a kernel waits for a block's other threads."""
    told = f"i8 0, label %met{number} i8 1, label %destroyed"
    return [
        f"%wait{number} = call i8 @llvm.coro.suspend(token none, i1 false)",
        f"switch i8 %wait{number}, label %suspended [{told}]",
        f"met{number}:",
    ]
