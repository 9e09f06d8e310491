"""PTX translated for the processor does what its manual says, where a machine's own differ."""

import struct

import numpy as np
import pytest

from kernels.cuda.ptx.machine import Machine
from kernels.cuda.ptx.text import read
from kernels.cuda.ptx.work import Work

NAN, LEAST = float("nan"), -(2**63)
_KERNEL = """
.version 8.0
.target sm_90
.address_size 64
.const .align 8 .b8 table[16] = {{1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0}};
.func (.param .b64 returned) twice(.param .b64 taken)
{{
    .reg .b64 %rd<3>;
    ld.param.b64 %rd1, [taken];
    add.s64 %rd2, %rd1, %rd1;
    st.param.b64 [returned], %rd2;
    ret;
}}
.visible .entry kernel(.param .u64 out, .param .u64 first, .param .u64 second)
{{
    .reg .pred %p<9>;
    .reg .b16 %rs<9>;
    .reg .b32 %r<9>;
    .reg .b64 %rd<19>;
    .reg .f32 %f<9>;
    .reg .f64 %fd<9>;
    .local .align 8 .b8 own[16];
    ld.param.u64 %rd1, [out];
    cvta.to.global.u64 %rd1, %rd1;
    ld.param.u64 %rd2, [first];
    ld.param.u64 %rd3, [second];
    mov.b64 %fd2, %rd2;
    mov.b64 %fd3, %rd3;
    cvt.u32.u64 %r3, %rd3;
    {body}
    st.global.u64 [%rd1], %rd4;
    ret;
}}
"""


def _bits(value):
    if isinstance(value, float):
        return struct.unpack("<Q", struct.pack("<d", value))[0]
    return value % 2**64


def _worked_out(body, first=0, second=0):
    """Return the bits that instructions leave in %rd4."""
    out = np.zeros(1, np.uint64)
    told = (out.ctypes.data, _bits(first), _bits(second))
    Machine(_KERNEL.format(body=body)).launch((1, 1, 1), (1, 1, 1), told)
    return int(out[0])


@pytest.mark.parametrize(
    ("instruction", "first", "second", "expected"),
    [
        # A distance of the width or more, where a processor takes it modulo the width.
        ("shl.b64 %rd4, %rd2, %r3;", 3, 2, 12),
        ("shl.b64 %rd4, %rd2, %r3;", 3, 64, 0),
        ("shr.u64 %rd4, %rd2, %r3;", -1, 63, 1),
        ("shr.u64 %rd4, %rd2, %r3;", -1, 64, 0),
        ("shr.s64 %rd4, %rd2, %r3;", -8, 1, -4),
        ("shr.s64 %rd4, %rd2, %r3;", -8, 200, -1),
        # What stops a processor.
        ("div.s64 %rd4, %rd2, %rd3;", -7, 2, -3),
        ("rem.s64 %rd4, %rd2, %rd3;", -7, 2, -1),
        ("div.s64 %rd4, %rd2, %rd3;", 7, 0, -1),
        ("div.s64 %rd4, %rd2, %rd3;", LEAST, -1, -1),
        ("mul.lo.s64 %rd4, %rd2, %rd3;", -3, 5, -15),
        ("mul.hi.s64 %rd4, %rd2, %rd3;", -1, 1, -1),
        ("mul.hi.u64 %rd4, %rd2, %rd3;", -1, 2, 1),
        ("mul.wide.s32 %rd4, %r3, -2;", 0, 2**31, 2**32),
        ("mad.lo.s64 %rd4, %rd2, %rd3, 1;", 6, 7, 43),
        ("min.s64 %rd4, %rd2, %rd3;", -1, 1, -1),
        ("min.u64 %rd4, %rd2, %rd3;", -1, 1, 1),
        ("not.b64 %rd4, %rd2;", 5, 0, -6),
        ("abs.s64 %rd4, %rd2;", -5, 0, 5),
        ("and.b64 %rd4, %rd2, 0xF0;", 0x1FF, 0, 0xF0),
        # Floats as whole numbers: the nearest there is, and the least of what is none.
        ("cvt.rzi.s64.f64 %rd4, %fd2;", -2.9, 0, -2),
        ("cvt.rni.s64.f64 %rd4, %fd2;", 2.5, 0, 2),
        ("cvt.rzi.s64.f64 %rd4, %fd2;", 1e300, 0, 2**63 - 1),
        ("cvt.rzi.s64.f64 %rd4, %fd2;", NAN, 0, LEAST),
        ("cvt.s64.s32 %rd4, %r3;", 0, 2**32 - 1, -1),
        ("cvt.u64.u32 %rd4, %r3;", 0, 2**32 - 1, 2**32 - 1),
    ],
)
def test_whole_numbers(instruction, first, second, expected):
    assert _worked_out(instruction, first, second) == _bits(expected)


@pytest.mark.parametrize(
    ("instruction", "first", "second", "expected"),
    [
        ("min.f64 %fd4, %fd2, %fd3;", NAN, 1.0, 1.0),
        ("max.f64 %fd4, %fd2, %fd3;", 1.0, NAN, 1.0),
        ("max.f64 %fd4, %fd2, %fd3;", -0.0, 0.0, 0.0),
        ("min.f64 %fd4, %fd2, %fd3;", 0.0, -0.0, -0.0),
        # Rounded once: the product alone would be one, and nothing left.
        ("fma.rn.f64 %fd4, %fd2, %fd3, 0dBFF0000000000000;", 1 + 2**-30, 1 - 2**-30, -(2**-60)),
        ("mul.f64 %fd4, %fd2, %fd3;", 1 + 2**-30, 1 - 2**-30, 1.0),
        ("div.rn.f64 %fd4, %fd2, %fd3;", 1.0, 0.0, float("inf")),
        ("neg.f64 %fd4, %fd2;", 0.0, 0.0, -0.0),
        ("abs.f64 %fd4, %fd2;", -2.0, 0.0, 2.0),
        ("sqrt.rn.f64 %fd4, %fd2;", 2.0, 0.0, 2.0**0.5),
        ("rcp.rn.f64 %fd4, %fd2;", 3.0, 0.0, 1 / 3),
        ("cvt.rmi.f64.f64 %fd4, %fd2;", -1.5, 0.0, -2.0),
        ("cvt.rpi.f64.f64 %fd4, %fd2;", -1.5, 0.0, -1.0),
        ("cvt.rni.f64.f64 %fd4, %fd2;", 2.5, 0.0, 2.0),
        ("cvt.rn.f64.s64 %fd4, -3;", 0.0, 0.0, -3.0),
        ("cvt.rn.f32.f64 %f1, %fd2; cvt.f64.f32 %fd4, %f1;", 0.1, 0.0, float(np.float32(0.1))),
        ("mov.f32 %f1, 0f3FC00000; cvt.f64.f32 %fd4, %f1;", 0.0, 0.0, 1.5),
        ("ld.local.f64 %fd4, [own+8];", 0.0, 0.0, NAN),
        ("mov.b64 {%r1, %r2}, %fd2; mov.b64 %fd4, {%r1, %r2};", 0.1, 0.0, 0.1),
        ("mov.b64 {_, %r2}, %fd2; mov.b64 %fd4, {%r2, %r2};", 0.0, 0.0, 0.0),
    ],
)
def test_floats(instruction, first, second, expected):
    found = _worked_out(f"{instruction} mov.b64 %rd4, %fd4;", first, second)
    assert np.isnan(expected) or found == _bits(expected)
    assert np.isnan(struct.unpack("<d", struct.pack("<Q", found))[0]) == np.isnan(expected)


def test_a_reciprocal_that_a_device_comes_near_to_has_half_its_bits():
    found = _worked_out("rcp.approx.ftz.f64 %fd4, %fd2; mov.b64 %rd4, %fd4;", 3.0)
    assert found == _bits(1 / 3) >> 32 << 32


@pytest.mark.parametrize(
    ("comparison", "first", "second", "holds"),
    [
        ("setp.lt.f64", 1.0, 2.0, True),
        ("setp.lt.f64", NAN, 2.0, False),
        ("setp.ltu.f64", NAN, 2.0, True),
        ("setp.ne.f64", NAN, 2.0, False),
        ("setp.neu.f64", NAN, 2.0, True),
        ("setp.geu.f64", 1.0, 2.0, False),
        ("setp.nan.f64", NAN, 2.0, True),
        ("setp.num.f64", NAN, 2.0, False),
        ("setp.lt.s64", -1, 1, True),
        ("setp.lt.u64", -1, 1, False),
        ("setp.hi.u64", -1, 1, True),
        ("setp.ne.s64", 1, 1, False),
    ],
)
def test_comparisons_choose_and_guard(comparison, first, second, holds):
    sources = "%fd2, %fd3" if comparison.endswith("f64") else "%rd2, %rd3"
    chosen = f"{comparison} %p1, {sources}; selp.b64 %rd4, 1, 0, %p1;"
    guarded = f"mov.u64 %rd4, 0; {comparison} %p1, {sources}; @%p1 mov.u64 %rd4, 1;"
    jumped = f"mov.u64 %rd4, 1; {comparison} %p1, {sources}; @!%p1 bra $no; bra.uni $end;"
    jumped += " $no: mov.u64 %rd4, 0; $end:"
    for body in (chosen, guarded, jumped):
        assert _worked_out(body, first, second) == holds


def test_functions_are_called_and_tables_read():
    body = """{
        .param .b64 given;
        .param .b64 told;
        ld.const.u64 %rd5, [table+8];
        st.param.b64 [given], %rd5;
        call.uni (told), twice, (given);
        ld.param.b64 %rd4, [told];
    }"""
    assert _worked_out(body) == 14


def test_several_numbers_are_loaded_and_stored_at_once():
    body = """
        st.local.v2.u64 [own], {%rd2, %rd3};
        ld.local.v2.u64 {%rd5, %rd6}, [own];
        sub.s64 %rd4, %rd5, %rd6;
    """
    assert _worked_out(body, 9, 4) == 5


@pytest.mark.parametrize(
    "instruction", ["sin.approx.f64 %fd4, %fd2", "sqrt.approx.f64 %fd4, %fd2", "call.uni other, ()"]
)
def test_what_has_no_translation_is_named(instruction):
    with pytest.raises(NotImplementedError, match=instruction.split()[0] + "|other"):
        _worked_out(f"{instruction};")


def test_work_is_counted_as_often_as_it_is_done():
    body = """
        mov.u64 %rd4, 0;
        $again: add.s64 %rd4, %rd4, 1;
        fma.rn.f64 %fd4, %fd2, %fd3, %fd2;
        div.rn.f64 %fd5, %fd4, %fd3;
        st.local.f64 [own], %fd5;
        setp.lt.s64 %p1, %rd4, %rd2;
        @%p1 bra $again;
    """
    out = np.zeros(1, np.uint64)
    machine = Machine(_KERNEL.format(body=body), counted=True)
    for times in (1, 2):
        machine.launch((3, 1, 1), (2, 1, 1), (out.ctypes.data, 5, _bits(3.0)))
        work = dict(zip(Work, machine.work.tolist(), strict=True))
        assert work[Work.FLOAT64] == work[Work.DIVISIONS] == times * 6 * 5
        assert work[Work.OWN_BYTES] == 8 * times * 6 * 5
        # A sum, a store, a comparison and a jump; and once what is narrowed and what is stored.
        assert work[Work.WHOLE] == times * 6 * (4 * 5 + 2)
        assert work[Work.DEVICE_BYTES] == times * 6 * 8
        assert work[Work.FLOAT32] == work[Work.SHARED_BYTES] == 0
    assert not Machine(_KERNEL.format(body=body)).work.any()


def test_parameters_are_counted():
    machine = Machine(_KERNEL.format(body="mov.u64 %rd4, 0;"))
    with pytest.raises(ValueError, match="kernel takes 3 parameters; got 1"):
        machine.launch((1, 1, 1), (1, 1, 1), [0])


def test_a_statement_of_another_form_is_refused():
    with pytest.raises(ValueError, match=r"of a form not known here: \.branchtargets"):
        read(".version 8.0\n.branchtargets a, b;")


@pytest.fixture(scope="module")
def stood_in(grids):
    """Return numba.cuda, where nothing but the processor runs its launches."""
    from numba import config, cuda

    if config.ENABLE_CUDASIM:
        pytest.skip("the simulator of a GPU compiles nothing")
    return cuda


def test_threads_of_a_block_wait_for_those_that_have_not_ended(stood_in):
    cuda = stood_in

    @cuda.jit
    def turn(values, out):
        shared = cuda.shared.array(8, np.float64)
        thread, n = cuda.threadIdx.x, cuda.blockDim.x
        if thread >= 6:
            return
        shared[thread] = values[cuda.blockIdx.x * n + thread]
        cuda.syncthreads()
        out[cuda.blockIdx.x * n + thread] = shared[5 - thread]

    values = np.arange(24.0)
    out = np.full(24, -1.0)
    turn[3, 8](values, out)
    expected = values.reshape(3, 8)[:, :6][:, ::-1]
    np.testing.assert_array_equal(out.reshape(3, 8)[:, :6], expected)
    assert (out.reshape(3, 8)[:, 6:] == -1.0).all()


def test_grids_of_three_dimensions_reach_every_thread_once(stood_in):
    cuda = stood_in

    @cuda.jit
    def mark(out):
        x, y, z = cuda.grid(3)
        if x < out.shape[0] and y < out.shape[1] and z < out.shape[2]:
            cuda.atomic.add(out, (x, y, z), 1 + x + 10 * y + 100 * z)

    out = np.zeros((5, 3, 4), np.int64)
    mark[(2, 3, 2), (3, 1, 2)](out)
    x, y, z = np.indices(out.shape)
    np.testing.assert_array_equal(out, 1 + x + 10 * y + 100 * z)
