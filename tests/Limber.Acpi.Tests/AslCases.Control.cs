using System.Collections.Generic;

namespace Limber.Acpi.Tests;

public static partial class AslCases
{
    private static IEnumerable<AslCase> Control() =>
    [
        Statement(
            "If (Arg0) { Store (Zero, INTG) }",
            "A0 08 68 70 00 49 4E 54 47",
            Aml.If(Aml.Arg(0), Aml.Store(Aml.Integer(0), Aml.Path("INTG")))),
        Statement(
            "If (Arg0) { Store (Zero, INTG) } Else { Store (One, INTG) }",
            "A0 08 68 70 00 49 4E 54 47 A1 07 70 01 49 4E 54 47",
            Aml.IfElse(
                Aml.Arg(0),
                [Aml.Store(Aml.Integer(0), Aml.Path("INTG"))],
                [Aml.Store(Aml.Integer(1), Aml.Path("INTG"))])),
        Statement(
            "While (LLess (INTG, 0x5)) { Increment (INTG) }",
            "A2 0D 95 49 4E 54 47 0A 05 75 49 4E 54 47",
            Aml.While(Aml.LLess(Aml.Path("INTG"), Aml.Integer(5)), Aml.Increment(Aml.Path("INTG")))),
        Statement("While (Arg0) { Break }", "A2 03 68 A5", Aml.While(Aml.Arg(0), Aml.Break())),
        Statement("While (Arg0) { Continue }", "A2 03 68 9F", Aml.While(Aml.Arg(0), Aml.Continue())),
        Statement("Return (Arg1)", "A4 69", Aml.Return(Aml.Arg(1))),
        Statement("Return ()", "A4 00", Aml.Return()),
        Statement("Noop", "A3", Aml.Noop()),
        Statement("Notify (DEV0, 0x80)", "86 44 45 56 30 0A 80", Aml.Notify(Aml.Path("DEV0"), Aml.Integer(0x80))),
        Statement("Acquire (MTX0, 0xFFFF)", "5B 23 4D 54 58 30 FF FF", Aml.Acquire(Aml.Path("MTX0"), 0xFFFF)),
        Statement("Acquire (MTX0, 0x1234)", "5B 23 4D 54 58 30 34 12", Aml.Acquire(Aml.Path("MTX0"), 0x1234)),
        Statement("Release (MTX0)", "5B 27 4D 54 58 30", Aml.Release(Aml.Path("MTX0"))),
        Statement("Sleep (0x64)", "5B 22 0A 64", Aml.Sleep(Aml.Integer(100))),
        Statement("Stall (0x64)", "5B 21 0A 64", Aml.Stall(Aml.Integer(100))),
        Statement("FUN0 ()", "46 55 4E 30", Aml.Call("FUN0")),
        Statement("FUN2 (Arg1, FUN0 ())", "46 55 4E 32 69 46 55 4E 30", Aml.Call("FUN2", Aml.Arg(1), Aml.Call("FUN0"))),
    ];
}
