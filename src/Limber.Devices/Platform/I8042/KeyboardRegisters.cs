namespace Limber.Devices.Platform.I8042;

/// <summary>
/// Status bits and commands of the PC's keyboard controller.
/// Source: IBM Personal System/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller".
/// </summary>
internal static class KeyboardRegisters
{
    public const byte StatusOutputFull = 0x01;
    public const byte StatusSelfTested = 0x04;
    public const byte StatusUnlocked = 0x10;

    public const byte CommandReadControl = 0x20;
    public const byte CommandWriteControl = 0x60;
    public const byte CommandDisableAuxiliary = 0xa7;
    public const byte CommandEnableAuxiliary = 0xa8;
    public const byte CommandTestAuxiliary = 0xa9;
    public const byte CommandSelfTest = 0xaa;
    public const byte CommandTestKeyboard = 0xab;
    public const byte CommandDisableKeyboard = 0xad;
    public const byte CommandEnableKeyboard = 0xae;
    public const byte CommandReadOutputPort = 0xd0;
    public const byte CommandWriteOutputPort = 0xd1;
    public const byte CommandLoopKeyboard = 0xd2;
    public const byte CommandLoopAuxiliary = 0xd3;
    public const byte CommandWriteAuxiliary = 0xd4;

    /// <summary>0xf0 to 0xff: pulses low those of output port bits 3-0 whose bit in the command is 0.</summary>
    public const byte CommandPulse = 0xf0;

    public const byte SelfTestPassed = 0x55;

    /// <summary>A port test's answer: the clock line is stuck, which is how an absent device looks.</summary>
    public const byte TestClockLow = 0x01;

    /// <summary>Both ports disabled, system flag set.</summary>
    public const byte ControlDefault = 0x34;

    /// <summary>Output port bit 0: the processor's reset line, active low.</summary>
    public const byte OutputPortReset = 0x01;

    /// <summary>Reset line high, A20 open.</summary>
    public const byte OutputPortDefault = 0x03;
}
