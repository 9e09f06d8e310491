"""The code that a GPU is handed, run on the processor.

A kernel is compiled as a launch compiles it, optimised as it is linked. The PTX that comes out is
translated to LLVM's language, instruction by instruction, and compiled for this machine. So what
NVIDIA's compiler made of a kernel, its roundings, fused products and library functions, is compared
with the processor's kernels where there is no device. Not seen are `ptxas`, which makes a device's
instructions of PTX, and all that a device does at once.
"""
