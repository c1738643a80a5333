namespace Limber.Device;

/// <summary>What is behind the registers of a <see cref="RegisterMap{TRegister}"/>.</summary>
/// <remarks>Thread: any vCPU thread. No value may make an implementation throw or allocate.</remarks>
/// <typeparam name="TRegister">The device's enumeration of its registers.</typeparam>
public interface IRegisterFile<TRegister>
    where TRegister : struct
{
    /// <summary>Reads a register that is declared readable; bits above its width are dropped.</summary>
    ulong ReadRegister(TRegister register);

    /// <summary>Writes a register that is declared writable; bits above its width are zero.</summary>
    void WriteRegister(TRegister register, ulong value);
}
