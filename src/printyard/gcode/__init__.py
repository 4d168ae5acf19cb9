"""The toolbox for G-code: reads files and says what is in them. Pure: bytes in, frozen values out."""
